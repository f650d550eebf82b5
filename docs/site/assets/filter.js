// Filters the rows of a table by text and by the words in their `data-has`. Without it the table is complete.
"use strict";

class Filter {
    constructor(form) {
        this.form = form;
        this.groups = [...document.getElementById(form.dataset.table).tBodies].map((body) => ({
            body,
            rows: [...body.rows]
                .filter((row) => row.dataset.has !== undefined)
                .map((row) => ({
                    row,
                    has: new Set(row.dataset.has.split(" ")),
                    text: row.textContent.toLowerCase(),
                })),
        }));
        this.total = this.groups.reduce((sum, group) => sum + group.rows.length, 0);
        form.hidden = false;
        form.addEventListener("input", () => this.apply());
        form.addEventListener("submit", (event) => event.preventDefault());
        form.addEventListener("reset", () => setTimeout(() => this.apply()));
        window.addEventListener("hashchange", () => this.showTarget());
        // The browser restores the fields of a page that was visited before.
        this.apply();
        this.showTarget();
    }

    apply() {
        const words = this.form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
        const wanted = [...this.form.querySelectorAll("select")]
            .map((select) => select.value)
            .filter(Boolean);
        let shown = 0;
        for (const { body, rows } of this.groups) {
            let left = 0;
            for (const { row, has, text } of rows) {
                row.hidden = !(
                    wanted.every((word) => has.has(word)) && words.every((word) => text.includes(word))
                );
                left += !row.hidden;
            }
            body.hidden = left === 0;
            shown += left;
        }
        this.form.querySelector("output").textContent = `${shown} of ${this.total} ${this.form.dataset.rows}`;
    }

    // A link to a row, or to a group, that the filter hides shows all.
    showTarget() {
        const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        if (target?.closest("[hidden]")) {
            this.form.reset();
            this.apply();
        }
        target?.scrollIntoView();
    }
}

document.querySelectorAll("form[data-table]").forEach((form) => new Filter(form));
