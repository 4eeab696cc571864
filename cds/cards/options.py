"""What a site decides about cards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CardOptions:
    """Settings of one answer; the same options and the same assessment give the same bytes.

    base_url         public base of this service, without a slash at the end
    link_mode        "smart": the page opens by SMART launch; "absolute": by the signed link in `page_url`; "off"
    page_url         the page's address; for "smart" the launch address, where it is not <base_url>/launch
    explain_silence  a card also where there is nothing to show, for testers
    """

    base_url: str = "http://127.0.0.1:8000"
    link_mode: str = "off"
    page_url: str | None = None
    explain_silence: bool = False

    def __post_init__(self) -> None:
        if self.link_mode not in ("smart", "absolute", "off"):
            raise ValueError(f"link mode '{self.link_mode}' is none of smart, absolute, off")

    @property
    def source_url(self) -> str:
        """What this service is, what it reads and on what it rests: the source attributes."""
        return f"{self.base_url.rstrip('/')}/about"
