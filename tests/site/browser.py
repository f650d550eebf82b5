"""Chromium, and the checks of a page in it."""

import pathlib
import shutil

import axe_playwright_python
from playwright.sync_api import sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
AUDIT = (HERE / "audit.js").read_text()
AXE = pathlib.Path(axe_playwright_python.__file__).with_name("axe.min.js")
WIDTHS = (1300, 420)
SCHEMES = ("light", "dark")
HEIGHT = 900
# Not audited: the bar of mdbook, and rows of large tables, which have the form of the first ones
NOT_AUDITED = [
    "#mdbook-menu-bar",
    "#mdbook-sidebar",
    "tbody tr:nth-child(n + 12)",
    "tbody:nth-of-type(n + 6)",
]


class Browser:
    """A tab of a headless Chromium, the one of the system: nothing is downloaded."""

    def __init__(self, base):
        self.base = base
        self.faults = []

    def __enter__(self):
        self.playwright = sync_playwright().start()
        # Root has no other sandbox within a container; the pages are our own.
        self.browser = self.playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        self.page = self.browser.new_page(viewport={"width": WIDTHS[0], "height": HEIGHT})
        self.page.set_default_timeout(20_000)
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("response", self.on_response)
        self.page.route("**/*", self.on_request)
        return self

    def __exit__(self, *_exception):
        self.browser.close()
        self.playwright.stop()

    def on_console(self, message):
        # The console repeats what on_request and on_response have found.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"console: {message.text}")

    def on_request(self, route):
        url = route.request.url
        if url.startswith((self.base, "data:")):
            route.continue_()
        else:
            self.faults.append(f"request outside of the folder: {url}")
            route.abort()

    def on_response(self, response):
        if response.status >= 400:
            path = response.url.removeprefix(self.base)
            self.faults.append(f"status {response.status}: {path}")

    def open(self, path):
        self.page.goto(self.base + path, wait_until="load")

    def check(self, path, audit, screenshots):
        """Opens a page, and returns its faults."""
        self.faults = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.open(path)
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)
                self.settle()
                # Both schemes have the same layout, which is checked in one.
                options = {"wide": width == WIDTHS[0], "scheme": scheme}
                found = self.page.evaluate(AUDIT, options)
                if audit and (width, scheme) == (WIDTHS[0], SCHEMES[0]):
                    found += self.audit()
                self.faults += [f"{fault} ({width}, {scheme})" for fault in found]
                if screenshots:
                    name = path.replace("/", "-").removesuffix(".html")
                    self.page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png")
        return self.faults

    def settle(self):
        """Waits until the page is drawn in its new form: styles, and what scripts do in response."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
        self.page.evaluate("() => document.getAnimations().forEach((animation) => animation.finish())")

    def audit(self):
        """The faults that axe-core finds: contrast, labels, names of links and buttons, structure of tables."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.add_script_tag(path=AXE)
        result = self.page.evaluate(
            "(exclude) => axe.run({exclude}, {resultTypes: ['violations']})", NOT_AUDITED
        )
        return [
            f"{rule['id']}: {node['html'][:90]} {'; '.join(check['message'] for check in node['any'])[:110]}"
            for rule in result["violations"]
            for node in rule["nodes"][:5]
        ]
