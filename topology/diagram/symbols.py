"""The signs in the pictures: 24 by 24, drawn in the current colour, one for each kind of thing, told apart without colour."""

from __future__ import annotations

ICONS = {
    "router": '<circle cx="12" cy="12" r="10"/>'
    '<path d="M12 4v5.5M10 7.5 12 9.5l2-2M12 20v-5.5M10 16.5l2-2 2 2M9.5 12H4M6 10l-2 2 2 2M14.5 12H20M18 10l2 2-2 2"/>',
    "core": '<circle cx="12" cy="12" r="11"/><circle cx="12" cy="12" r="8.5"/>'
    '<path d="M12 5.5V10M10.5 8.5 12 10l1.5-1.5M12 18.5V14M10.5 15.5 12 14l1.5 1.5'
    'M10 12H5.5M7 10.5 5.5 12 7 13.5M14 12h4.5M17 10.5l1.5 1.5-1.5 1.5"/>',
    "switch": '<rect x="1.5" y="4.5" width="21" height="15" rx="2"/>'
    '<path d="M5 9.5h11M13.5 7l2.5 2.5-2.5 2.5M19 14.5H8M10.5 12 8 14.5l2.5 2.5"/>',
    "firewall": '<rect x="2.5" y="3.5" width="19" height="17"/>'
    '<path d="M2.5 9.2h19M2.5 14.8h19M8.8 3.5v5.7M15.2 3.5v5.7M5.7 9.2v5.6M12 9.2v5.6M18.3 9.2v5.6M8.8 14.8v5.7M15.2 14.8v5.7"/>',
    "gatekeeper": '<rect x="1.5" y="4" width="6.5" height="16"/><rect x="16" y="4" width="6.5" height="16"/>'
    '<path d="M9.5 9.5h5M12.8 7.5l2 2-2 2M14.5 14.5h-5M11.2 12.5l-2 2 2 2"/>',
    "servers": '<rect x="4" y="2.5" width="16" height="5.5" rx="1"/><rect x="4" y="9.25" width="16" height="5.5" rx="1"/>'
    '<rect x="4" y="16" width="16" height="5.5" rx="1"/><path d="M7 5.25h.1M7 12h.1M7 18.75h.1M11 5.25h6M11 12h6M11 18.75h6"/>',
    "cloud": '<path d="M7 19h10.5a4.5 4.5 0 0 0 .6-8.96A6.5 6.5 0 0 0 5.7 9.3 5 5 0 0 0 7 19z"/>',
    "globe": '<circle cx="12" cy="12" r="10"/><ellipse cx="12" cy="12" rx="4.5" ry="10"/><path d="M2 12h20M3.5 7h17M3.5 17h17"/>',
    "agency": '<path d="M2.5 9 12 3l9.5 6zM4.5 9v9M9.5 9v9M14.5 9v9M19.5 9v9M2.5 21h19M3.5 18h17"/>',
    "county": '<path d="M3 21V8h8v13M11 21V3h10v18M1.5 21h21M5.5 11.5h3M5.5 15h3M13.8 7h4.4M13.8 11h4.4M13.8 15h4.4"/>',
    "township": '<path d="M2 12 12 3l10 9M4.5 10v11h15V10M9.5 21v-7h5v7"/>',
    "terminal": '<rect x="2.5" y="3.5" width="19" height="13" rx="1.5"/><path d="M8 21h8M12 16.5V21"/>',
    "education": '<path d="M1 9 12 4l11 5-11 5zM6 11.5V17c3.5 2.7 8.5 2.7 12 0v-5.5M22 9.5V16"/>',
    "member": '<circle cx="12" cy="5" r="2.8"/><circle cx="4.8" cy="19" r="2.8"/><circle cx="19.2" cy="19" r="2.8"/>'
    '<path d="M12 7.8V13M4.8 16.2V13h14.4v3.2"/>',
    "console": '<rect x="2" y="3.5" width="20" height="17" rx="1.5"/><path d="M6 9l3.5 3L6 15M12 15.5h6"/>',
    "clock": '<circle cx="12" cy="12" r="10"/><path d="M12 6v6l4 2.5"/>',
    "lock": '<rect x="4" y="10.5" width="16" height="11" rx="1.5"/><path d="M7.5 10.5V7a4.5 4.5 0 0 1 9 0v3.5M12 14.5v3"/>',
    "exit": '<path d="M13 3.5H3.5v17H13M9 12h12.5M17.5 8l4 4-4 4"/>',
}

# Signs of media, 16 by 16: they stand on a circuit's label.
MEDIA = {
    "fibre": '<circle cx="8" cy="8" r="5.5"/><circle cx="8" cy="8" r="1.8" class="solid"/>',
    "wavelength": '<path d="M1 8c1.8-6 4.2-6 5.6 0s3.6 6 5.2 0c.8-3 1.8-4.5 3.2-4.5"/>',
    "timeslot": '<rect x="1.5" y="3.5" width="13" height="9"/><path d="M5.8 3.5v9M10.2 3.5v9"/>'
    '<rect x="5.8" y="3.5" width="4.4" height="9" class="solid"/>',
    "ethernet": '<path d="M2 5.5h10M9.5 3 12 5.5 9.5 8M14 10.5H4M6.5 8 4 10.5 6.5 13"/>',
    "copper": '<path d="M1 5c3.5 0 3.5 6 7 6s3.5-6 7-6M1 11c3.5 0 3.5-6 7-6s3.5 6 7 6"/>',
    "backplane": '<path d="M2 3v10M14 3v10M2 6h12M2 10h12"/>',
}


def definitions() -> str:
    """All signs as SVG symbols, and the hatching of the inner network."""
    icons = "".join(f'<symbol id="i-{name}" viewBox="0 0 24 24">{body}</symbol>' for name, body in sorted(ICONS.items()))
    media = "".join(f'<symbol id="m-{name}" viewBox="0 0 16 16">{body}</symbol>' for name, body in sorted(MEDIA.items()))
    hatch = (
        '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="8" height="8" class="hatch-ground"/><path d="M0 0v8" class="hatch-line"/></pattern>'
    )
    return f"<defs>{icons}{media}{hatch}</defs>"
