"""Messages between lanes, from the top to the bottom."""

from svg import LINE, Picture


class Sequence(Picture):
    """A picture with a lane for each participant, and a pen that moves down."""

    def __init__(self, title, description, lanes):
        super().__init__(title, description, 0)
        self.lanes = {}
        self.y = 76
        for x, width, name, lines, kind in lanes:
            self.box(x - width / 2, 16, width, lines, kind, 47)
            self.lanes[name] = x
        self.bars = len(self.parts)

    def message(self, start, end, text, ink="muted"):
        """An arrow between two lanes, below its text."""
        x1, x2 = self.lanes[start], self.lanes[end]
        self.label((x1 + x2) / 2, self.y + 12, [text], ink=ink)
        self.y += 20
        self.arrow((x1, self.y), (x2 + (-2 if x2 > x1 else 2), self.y), ink=ink)
        self.y += 12

    def note(self, lane, width, lines, kind="plain", x=None):
        """A box on a lane."""
        centre = self.lanes[lane] if x is None else x
        box = self.box(centre - width / 2, self.y, width, lines, kind)
        self.y += box.h + 10
        return box

    def finish(self):
        """Draws the lanes behind everything else."""
        end = self.y + 2
        lines = [f'<path d="M{x} 63 V{end}" class="line line-muted dashed"/>' for x in self.lanes.values()]
        self.parts[self.bars : self.bars] = lines
        self.height = end + LINE - 4
        return self
