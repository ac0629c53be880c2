# SPDX-License-Identifier: ISC
"""Tables as Markdown has them, and whether a target was met."""


def judge(value, target):
    return f'{target:g}, {"met" if value <= target else "missed"}'


def show(what, rows, targets=()):
    """A table as Markdown has them; the worst value of a column that has a target is judged."""
    columns = list(next(iter(rows.values())))
    if targets:
        worst = {name: max(float(row[name].split()[0]) for row in rows.values()) for name in targets}
        rows['target'] = {name: judge(worst[name], targets[name]) if name in targets else '' for name in columns}
    lines = [[what, *columns], ['---'] + ['--:'] * len(columns)]
    lines += [[name, *map(str, row.values())] for name, row in rows.items()]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for first, *others in lines:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:]))]
        print('| ' + ' | '.join(cells) + ' |')
    print(flush=True)
