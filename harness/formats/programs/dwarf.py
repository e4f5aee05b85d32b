"""What compilers say about each unit in DWARF debug information: name, directory, producer.

Read by pyelftools, versions 2 to 5. Only the first entry of each unit is asked for.
"""

import io
from collections.abc import Iterator, Mapping
from itertools import islice

from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo

from harness.formats.change import At, Kind, Place, Step, Typed
from harness.formats.guarded import read_by

_NAMES = {"DW_AT_name": "name", "DW_AT_comp_dir": "comp_dir", "DW_AT_producer": "producer"}
_KINDS = {"name": Kind.PATH, "comp_dir": Kind.PATH, "producer": Kind.TEXT}
_UNITS = 5000
_TEXT = 4096
_ADDRESS = 8
_SECTIONS = {
    "debug_info_sec": ".debug_info",
    "debug_abbrev_sec": ".debug_abbrev",
    "debug_str_sec": ".debug_str",
    "debug_line_str_sec": ".debug_line_str",
    **dict.fromkeys(
        (
            *("debug_aranges_sec", "debug_frame_sec", "eh_frame_sec", "debug_loc_sec"),
            *("debug_ranges_sec", "debug_line_sec", "debug_pubtypes_sec", "debug_pubnames_sec"),
            *("debug_addr_sec", "debug_str_offsets_sec", "debug_loclists_sec"),
            *("debug_rnglists_sec", "debug_sup_sec", "gnu_debugaltlink_sec", "debug_types_sec"),
        ),
        "",
    ),
}
"""What the library calls each section: those without a name here are not given to it."""


def units(sections: Mapping[str, bytes], order: str) -> dict[Place, Typed]:
    """Return the directory of each unit and its like, by their places.

    `sections` are by name, `order` is "<" or ">".

    Raises:
        ValueError: the debug information is damaged.

    """
    if not sections.get(".debug_info"):
        return {}
    with read_by("pyelftools"):
        given = {its: _section(sections, name) for its, name in _SECTIONS.items()}
        config = DwarfConfig(
            little_endian=order == "<", machine_arch="", default_address_size=_ADDRESS
        )
        return dict(_texts(DWARFInfo(config, **given)))


def _section(sections: Mapping[str, bytes], name: str) -> DebugSectionDescriptor | None:
    data = sections.get(name)
    if data is None:
        return None
    return DebugSectionDescriptor(
        stream=io.BytesIO(data), name=name, global_offset=0, size=len(data), address=0
    )


def _texts(info: DWARFInfo) -> Iterator[tuple[Place, Typed]]:
    for number, unit in enumerate(islice(info.iter_CUs(), _UNITS)):
        for attribute in unit.get_top_DIE().attributes.values():
            name = _NAMES.get(str(attribute.name))
            if name and isinstance(attribute.value, bytes):
                place = Step(At.PART, "DWARF"), Step(At.NAME, name), Step(At.UNIT, number)
                text = attribute.value[:_TEXT].decode("utf-8", "backslashreplace")
                yield place, Typed(_KINDS[name], text)
