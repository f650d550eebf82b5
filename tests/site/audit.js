// Checks of a page in the browser: returns a list of faults, as text.
(options) => {
    "use strict";
    const faults = [];
    const describe = (element) => {
        const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 60);
        const name = element.id
            ? `#${element.id}`
            : element.classList.length
              ? `.${element.classList[0]}`
              : "";
        return `<${element.tagName.toLowerCase()}${name}> "${text}"`;
    };
    const report = (fault, element) => faults.push(`${fault}: ${describe(element)}`);
    const isShown = (element) =>
        element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
    const isForReaders = (element) => {
        const box = element.getBoundingClientRect();
        return box.width <= 1 || box.height <= 1 || box.right < 0;
    };
    const scrolls = (style) => style.overflowX === "auto" || style.overflowX === "scroll";
    // The nearest ancestor that scrolls sideways, below the page itself.
    const scrollerOf = (element) => {
        for (let at = element; at && at !== document.body; at = at.parentElement) {
            if (scrolls(getComputedStyle(at))) {
                return at;
            }
        }
        return null;
    };

    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth || document.body.scrollWidth > document.body.clientWidth) {
        faults.push(`page scrolls sideways: ${root.scrollWidth} of ${root.clientWidth} pixels`);
    }

    for (const element of options.scheme === "light" ? document.querySelectorAll("body *") : []) {
        if (!isShown(element) || isForReaders(element) || element.closest("svg")) {
            continue;
        }
        const style = getComputedStyle(element);
        const isCut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
        if (isCut && scrolls(style)) {
            // The content of mdbook's pages is in such a box.
            if (element.querySelector("h1")) {
                report("page scrolls sideways", element);
            }
            if (options.wide) {
                report("scrolls sideways although the page is wide", element);
            }
            if (!isReachable(element)) {
                report("scrolls, and is not reachable by keyboard", element);
            }
        } else if (isCut && (style.overflowX === "hidden" || style.overflowX === "clip")) {
            report("cut", element);
        }
        const box = element.getBoundingClientRect();
        if (element.matches("pre, table, img, svg, figure") && !scrollerOf(element.parentElement)) {
            if (box.left < -1 || box.right > root.clientWidth + 1) {
                report("extends beyond the page", element);
            }
        }
    }

    // Chromium moves the focus to boxes that scroll and have nothing else to focus; others require a tabindex.
    function isReachable(element) {
        return (
            element.tabIndex >= 0 ||
            element.querySelector("a[href], button, input, select, summary, [tabindex]") !== null
        );
    }

    checkContrast();
    if (options.scheme !== "light") {
        return faults;
    }
    checkTexts();
    checkImages();
    checkHeadings();
    return faults;

    // No text covers another, and none leaves the box that is drawn around it.
    function checkTexts() {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const lines = [];
        while (walker.nextNode()) {
            const parent = walker.currentNode.parentElement;
            if (
                !walker.currentNode.data.trim() ||
                !isShown(parent) ||
                isForReaders(parent) ||
                parent.closest("svg, option")
            ) {
                continue;
            }
            if (lines.length > 6000) {
                break;
            }
            const range = document.createRange();
            range.selectNodeContents(walker.currentNode);
            for (const box of range.getClientRects()) {
                if (box.width > 1 && box.height > 1 && isInside(box, parent)) {
                    lines.push({ box, parent, fixed: isFixed(parent) });
                }
            }
        }
        lines.sort((a, b) => a.box.top - b.box.top);
        for (let first = 0; first < lines.length; first += 1) {
            for (let second = first + 1; second < lines.length; second += 1) {
                const [a, b] = [lines[first], lines[second]];
                if (b.box.top >= a.box.bottom) {
                    break;
                }
                if (
                    a.fixed === b.fixed &&
                    overlap(a.box, b.box) &&
                    !a.parent.contains(b.parent) &&
                    !b.parent.contains(a.parent)
                ) {
                    report(`text covers ${describe(a.parent)}`, b.parent);
                }
            }
        }
    }

    // Lines of a paragraph may touch: letters are smaller than their boxes.
    function overlap(a, b) {
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        return width > 2 && height > 0.4 * Math.min(a.height, b.height);
    }

    // Whether a box is visible in the boxes that scroll around it.
    function isInside(box, parent) {
        for (let at = parent; at && at !== document.body; at = at.parentElement) {
            if (getComputedStyle(at).overflowX !== "visible") {
                const outer = at.getBoundingClientRect();
                if (
                    box.right <= outer.left ||
                    box.left >= outer.right ||
                    box.bottom <= outer.top ||
                    box.top >= outer.bottom
                ) {
                    return false;
                }
            }
        }
        return true;
    }

    // Bars and columns that stay in place are drawn above the text that scrolls below them.
    function isFixed(element) {
        for (let at = element; at; at = at.parentElement) {
            if (["fixed", "sticky", "absolute"].includes(getComputedStyle(at).position)) {
                return at;
            }
        }
        return null;
    }

    // WCAG 2, 1.4.3: 4.5:1, and 3:1 for large text. axe-core has the same check, which takes far longer.
    function checkContrast() {
        const seen = new Set();
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            if (
                !walker.currentNode.data.trim() ||
                seen.has(element) ||
                !isShown(element) ||
                element.closest("svg, option")
            ) {
                continue;
            }
            seen.add(element);
            const style = getComputedStyle(element);
            const size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            const behind = background(element);
            const contrast = ratio(blend(color(style.color), behind), behind);
            if (contrast < (isLarge ? 3 : 4.5)) {
                report(`contrast ${contrast.toFixed(2)}`, element);
            }
        }
    }

    function color(text) {
        const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
        return { red, green, blue, alpha };
    }

    function blend(top, below) {
        const mix = (name) => top[name] * top.alpha + below[name] * (1 - top.alpha);
        return { red: mix("red"), green: mix("green"), blue: mix("blue"), alpha: 1 };
    }

    // The color behind an element: those of its ancestors, the outermost first.
    function background(element) {
        let result = { red: 255, green: 255, blue: 255, alpha: 1 };
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            layers.unshift(color(getComputedStyle(at).backgroundColor));
        }
        for (const layer of layers) {
            result = blend(layer, result);
        }
        return result;
    }

    function ratio(first, second) {
        const channel = (value) =>
            value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
        const luminance = ({ red, green, blue }) =>
            0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
        const [light, dark] = [luminance(first), luminance(second)].sort((a, b) => b - a);
        return (light + 0.05) / (dark + 0.05);
    }

    function checkImages() {
        for (const image of document.images) {
            if (!image.complete || image.naturalWidth === 0) {
                report(`image does not load: ${image.getAttribute("src")}`, image);
            }
            if (!(image.getAttribute("alt") || "").trim()) {
                report(`image without text: ${image.getAttribute("src")}`, image);
            }
        }
    }

    function checkHeadings() {
        let last = 0;
        const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(isShown);
        if (headings.filter((heading) => heading.tagName === "H1").length !== 1) {
            faults.push(`${document.querySelectorAll("h1").length} headings of the first level`);
        }
        for (const heading of headings) {
            const level = Number(heading.tagName[1]);
            if (level > last + 1) {
                report(`heading of level ${level} after level ${last}`, heading);
            }
            last = level;
        }
    }
}
