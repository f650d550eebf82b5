// Makes boxes that scroll sideways reachable by keyboard, in browsers that do not do so themselves.
"use strict";

function update() {
    for (const box of document.querySelectorAll("pre, pre > code, .box, .memproto, .table-wrapper")) {
        const scrolls = box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible";
        if (scrolls) {
            box.tabIndex = 0;
        } else {
            box.removeAttribute("tabindex");
        }
    }
}

addEventListener("load", update);
addEventListener("resize", update);
