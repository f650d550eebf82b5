"""The filters of the tables, and the search of the reference, as a reader uses them."""

from pathlib import Path

from playwright.sync_api import Error


def rows(table):
    """The number of rows of a table of the API, without its title."""
    return len(Path("tests/abi", table).read_text().splitlines()) - 1


FUNCTIONS = rows("functions.tsv") + rows("extensions.tsv")


def check(browser):
    """The faults: pairs of a page and a fault."""
    found = []
    for steps in (compatibility, policies, search):
        browser.faults = []
        name = steps.__name__ if steps is not search else "reference/index"
        try:
            steps(browser.page, browser.open)
        except (AssertionError, Error) as error:
            found.append((f"{name}.html", f"filter: {error}"))
        found += [(f"{name}.html", fault) for fault in browser.faults]
    return found


def check_files(browser, folder):
    """The faults of pages without scripts, and of pages that are opened as files."""
    page = browser.browser.new_page(java_script_enabled=False)
    try:
        page.goto(f"{browser.base}compatibility.html")
        expect(page.locator("tbody tr[data-has]:visible").count(), FUNCTIONS, "rows without scripts")
        expect(page.locator("form").is_visible(), False, "a filter that does not work without scripts")
        page.goto(f"{browser.base}guide/io.html")
        expect(page.locator(".site-header nav a:visible").count(), 5, "links of the header without scripts")
    except (AssertionError, Error) as error:
        return [("compatibility.html", f"without scripts: {error}")]
    page = browser.browser.new_page()
    try:
        page.goto((folder / "reference/index.html").as_uri())
        page.get_by_label("Search the reference").fill("s2n_negotiate")
        expect(page.locator(".found a").first.inner_text(), "s2n_negotiate", "result in a file")
        page.goto((folder / "policies.html").as_uri())
        page.get_by_label("Text", exact=True).fill("default_fips")
        expect(shown(page), ["default_fips"], "filter in a file")
    except (AssertionError, Error) as error:
        return [("policies.html", f"as a file: {error}")]
    return []


def expect(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


def shown(page):
    """The names in the rows that are shown."""
    rows = page.locator("tbody tr[data-has]:visible th[scope=row]")
    return [text.strip() for text in rows.all_inner_texts()]


def show_all(page):
    """Resets the form, and waits for the timer by which the filter follows."""
    page.get_by_role("button", name="Show all").click()
    page.evaluate("() => new Promise((done) => setTimeout(done))")


def expect_count(page, kind):
    """The count in the form is that of the rows."""
    total = page.locator("tbody tr[data-has]").count()
    text = page.locator("form output").inner_text()
    expect(text, f"{len(shown(page))} of {total} {kind}", "count")
    return total


def compatibility(page, open_page):
    open_page("compatibility.html")
    total = expect_count(page, "functions")
    expect(total, FUNCTIONS, "functions of the library")
    text = page.get_by_label("Text", exact=True)
    text.press_sequentially("renegotiate")
    expect(
        shown(page),
        ["s2n_config_set_renegotiate_request_cb", "s2n_renegotiate_wipe", "s2n_renegotiate"],
        "text",
    )
    expect_count(page, "functions")
    page.get_by_label("Status").select_option(label="refused")
    expect(shown(page), ["s2n_renegotiate_wipe", "s2n_renegotiate"], "text and status")
    expect_count(page, "functions")
    text.fill("")
    expect(len(shown(page)), 8, "refused functions")
    show_all(page)
    expect(len(shown(page)), total, "functions after a reset")
    page.get_by_label("Area").select_option(label="Blinding")
    expect(len(shown(page)), 3, "functions of an area")
    expect(page.locator("tbody:visible").count(), 1, "areas")
    text.fill("no such function")
    expect(shown(page), [], "text that no row has")
    expect_count(page, "functions")
    # A link to a row that is hidden shows it.
    page.evaluate("() => { location.hash = '#s2n_shutdown' }")
    page.locator("#s2n_shutdown").wait_for(state="visible")
    expect(len(shown(page)), total, "functions after a link")
    open_page("compatibility.html#s2n_sendv")
    expect(is_in_view(page, "#s2n_sendv"), True, "row of the fragment in view")
    page.locator("#s2n_sendv a").click()
    page.wait_for_url("**/reference/group__*")
    heading = page.locator("h2:has-text('s2n_sendv()')").first
    expect(heading.evaluate(IN_VIEW), True, "entry of the function in view")


def policies(page, open_page):
    open_page("policies.html")
    total = expect_count(page, "policies")
    page.get_by_label("Has", exact=True).select_option(label="X25519MLKEM768")
    both = len(shown(page))
    expect(0 < both < total, True, "policies with a group")
    page.get_by_label("And has").select_option(label="TLS 1.2")
    narrower = len(shown(page))
    expect(0 < narrower < both, True, "policies with a group and a version")
    page.get_by_label("Text", exact=True).fill("default_pq")
    expect(shown(page), ["default_pq"], "text")
    expect_count(page, "policies")
    show_all(page)
    page.get_by_label("Has", exact=True).select_option(label="rejected policies")
    expect("null" in shown(page), True, "rejected policies")
    open_page("policies.html#20240501")
    expect(is_in_view(page, '[id="20240501"]'), True, "row of the fragment in view")


def search(page, open_page):
    open_page("reference/index.html")
    page.get_by_label("Search the reference").press_sequentially("shutdown")
    links = page.locator(".found a")
    expect(links.first.inner_text(), "s2n_shutdown", "first result")
    page.get_by_label("Search the reference").press("Enter")
    page.wait_for_url("**/group__i-o-handshake*")
    page.get_by_label("Search the reference").fill("no such name")
    expect(page.locator(".found").inner_text(), "No name contains that", "no result")
    page.get_by_label("Search the reference").press("Escape")
    expect(page.locator(".found").is_visible(), False, "results after Escape")
    open_page("guide/introduction.html")
    page.keyboard.press("s")
    page.locator("#mdbook-searchbar").press_sequentially("blinding")
    page.locator("#mdbook-searchresults a").first.wait_for(state="visible")


IN_VIEW = """(element) => {
    const box = element.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
}"""


def is_in_view(page, selector):
    return page.locator(selector).evaluate(IN_VIEW)
