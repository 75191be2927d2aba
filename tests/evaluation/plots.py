"""The plots of the report, drawn by gnuplot from what the CSV files hold."""
from evaluation import OUT, run

STYLE = """
set terminal svg size 900,460 font "sans,13" background "white"
set output "{name}.svg"
set grid back lc rgb "#dddddd"
set key outside above
set border 3
set tics nomirror
"""


def _name(text):
    return '"' + text.replace('"', "'") + '"'


def plot(name, setup, series):
    """`series`: (title, style, rows of numbers); rows go into a data block."""
    text, parts = STYLE.format(name=name) + setup, []
    for i, (title, style, rows) in enumerate(series):
        block = "\n".join(" ".join(map(str, row)) for row in rows)
        text += f"\n$d{i} << END\n{block}\nEND\n"
        parts.append(f"$d{i} {style} title {_name(title)}")
    run("gnuplot", "-", cwd=OUT, input=text + "\nplot " +
        ", \\\n  ".join(parts) + "\n", stdin=None)
    return f"![{name}](evaluation/{name}.svg)\n"


def lines(name, x, y, series, fits=(), linear=False):
    """Points with their quartiles, joined; and fitted straight lines."""
    drawn = [(title, f"using 1:2:3:4 with yerrorlines pt 7 ps 0.6 lw 1.5 lc {i + 1}",
              rows) for i, (title, rows) in enumerate(series)]
    drawn += [(title, f"using 1:2 with lines dt 2 lw 1 lc {i + 1}", rows)
              for title, i, rows in fits]
    scale = "" if linear else "set logscale xy\n"
    return plot(name, f"set xlabel {_name(x)}\nset ylabel {_name(y)}\n{scale}", drawn)


def bars(name, y, names, series, log=False):
    """Groups of bars with whiskers: `series` of (title, [(value, low, high)])."""
    width = 0.8 / len(series)
    tics = ", ".join(f"{_name(text)} {i}" for i, text in enumerate(names))
    setup = (f"set ylabel {_name(y)}\nset xtics ({tics}) rotate by -35\n"
             "set style fill solid 0.6\n"
             f"set xrange [-0.6:{len(names) - 0.4}]\n"
             + ("set logscale y\n" if log else "set yrange [0:*]\n"))
    drawn = []
    for k, (title, values) in enumerate(series):
        rows = [(i + (k + 0.5) * width - 0.4, *value, width * 0.9)
                for i, value in enumerate(values) if value]
        if rows:
            drawn.append((title, f"using 1:2:3:4:5 with boxerrorbars lc {k + 1}", rows))
    return plot(name, setup, drawn)
