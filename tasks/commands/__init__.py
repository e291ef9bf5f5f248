"""One module a sub-command of govnet; `tasks.cli.COMMANDS` lists them."""
