"""What `govnet show` can list: one function a listing, from facts and design to rows in a stable order."""
