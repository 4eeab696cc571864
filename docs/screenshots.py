"""Takes the pictures of docs/images from the running service in Debian's chromium: `make screenshots`."""

from __future__ import annotations

import json
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from hooks.service import create_service
from hooks.settings import Settings

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
DEMO = "pattern/pain_rises_with_each_increase"
ACUTE = "founding/liang_2017_reading_a"
ORDER = "orders/raised_again"


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """Base URL of the service in development mode, with signed links."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    settings = Settings(
        database_url=f"sqlite:///{folder / 'store.sqlite3'}",  # type: ignore[arg-type]
        secret_key=secrets.token_urlsafe(32),  # type: ignore[arg-type]
        public_url=base,
        link="absolute",
        log_level="ERROR",
    )
    app = create_service(settings)
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield base
    finally:
        server.shutdown()


def page_of(base: str, fixture: str) -> str:
    """The page that a fixture's first card leads to."""
    request = json.loads((ROOT / "fixtures" / fixture / "request.json").read_text(encoding="utf-8"))
    answer = httpx.post(f"{base}/cds-services/oih-{request['hook']}", json=request, timeout=60, trust_env=False)
    links = (link["url"] for card in answer.json()["cards"] for link in card["links"])
    return next(url for url in links if "/page/" in url)


def take(browser: Browser, url: str, name: str, *, width: int = 1280, height: int = 800, theme: str = "light") -> None:
    tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
    tab.goto(url)
    tab.screenshot(path=IMAGES / f"{name}.png")
    tab.close()


def take_bench(browser: Browser, base: str) -> None:
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto(f"{base}/bench?fixture={DEMO}")
    tab.click("button[value='order-sign']")
    tab.screenshot(path=IMAGES / "bench.png")
    tab.set_viewport_size({"width": 780, "height": 2000})
    tab.locator(".cards").screenshot(path=IMAGES / "cards.png")
    tab.close()


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as base, sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for theme in ("light", "dark"):
            take(browser, page_of(base, ORDER), f"page-{theme}", theme=theme)
            take(browser, page_of(base, ORDER), f"page-{theme}-400", width=400, theme=theme)
        take(browser, page_of(base, ACUTE), "page-acute")
        take_bench(browser, base)
        browser.close()
    print(f"{len(list(IMAGES.glob('*.png')))} pictures in docs/images")


if __name__ == "__main__":
    main()
