"""The fixtures that travel with the service: in a checkout beside the packages, in the wheel inside this one."""

from __future__ import annotations

from pathlib import Path

INDEX_CASE = "founding/liang_2017_reading_a_day_1_18h"


def fixtures() -> Path:
    here = Path(__file__).parent
    inside = here / "fixtures"
    return inside if inside.is_dir() else here.parent / "fixtures"
