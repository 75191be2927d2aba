"""series.py - take a patch of a Debian source package out of a built tree.

Where others stand on it, those that came later and touch the same files go
first, and those that touch theirs. NAME[FILE,FILE] is what a patch of git does to
these files: where a package has the fixes of a year in one. What the files were is kept beside the tree,
so that an interrupted run finds its way back; only files that differ get a new
time, so that make compiles little.
"""
import os
import re
import shutil
import subprocess


class NotOpened(Exception):
    """The patch cannot be taken out of the tree."""


def files_of(path):
    """The files that a patch changes, as in the tree."""
    names = set()
    with open(path, errors="replace") as patch:
        lines = patch.read().splitlines()
    for line in lines:  # of git, perhaps without anything behind it
        match = re.match(r"diff --git a/(\S+) b/(\S+)$", line)
        names.update(match.groups() if match else ())
    for line, following in zip(lines, lines[1:]):
        if line.startswith("--- ") and following.startswith("+++ "):
            for header in (line, following):
                # As patch reads it: a blank ends the name, unless a tab does.
                name = re.split(r"\t" if "\t" in header else r"\s",
                                header[4:])[0].strip(' "')
                if name != "/dev/null" and "/" in name:
                    names.add(name.split("/", 1)[1])
    return names


def part_of(path, files):
    """Of a diff of git, what is about these files."""
    with open(path, newline="", errors="surrogateescape") as patch:
        parts = re.split(r"^(?=diff --git )", patch.read(), flags=re.M)
    return "".join(
        part for part in parts
        if part.partition("\n")[0].rpartition(" b/")[2].strip() in files)


def ways_back(path):
    """The parts of a patch, in the order in which to reverse them: commits one
    after the other that change one file have to go from the last one on."""
    with open(path, newline="", errors="surrogateescape") as patch:
        text = patch.read()
    heads = re.findall(r"^diff --git .*", text, flags=re.M)
    if len(heads) == len(set(heads)):
        return [text]
    return re.split(r"^(?=diff --git )", text, flags=re.M)[:0:-1]


class Series:
    """The patches of an unpacked package, all of them applied."""

    def __init__(self, tree):
        self.tree, self.kept = tree, tree + ".kept"
        self.folder = os.path.join(tree, "debian/patches")
        with open(os.path.join(self.folder, "series")) as series:
            self.names = [line.split()[0] for line in series
                          if line.strip() and not line.startswith("#")]

    def path(self, name):
        whole, _, files = name.rstrip("]").partition("[")
        path = os.path.join(self.folder, whole)
        if not files:
            return path
        part = self.tree + ".part/" + name.replace("/", "_")
        os.makedirs(os.path.dirname(part), exist_ok=True)
        with open(part, "w", newline="", errors="surrogateescape") as patch:
            patch.write(part_of(path, files.split(",")))
        return part

    def ways_out(self, name):
        """Which patches may have to go with it, in the order of going: none,
        those that stand on it, or all that came later; not for a part, on
        whose other parts they stand, too."""
        ways = []
        for way in ([name], self._standing_on(name),
                    name in self.names and self._later(name)[::-1] + [name]):
            if way and way not in ways:
                ways.append(way)
        return ways

    def take_out(self, names):
        """Take these out of the full tree; False if they do not go."""
        self.close()
        if not self._fits(names):
            return False
        self._bring_out(names)
        return True

    def close(self):
        """Bring back the files as they were with all patches."""
        if not os.path.isdir(self.kept):
            return
        with open(os.path.join(self.kept, "list")) as names:
            for name in names.read().splitlines():
                kept = os.path.join(self.kept, "files", name)
                self._bring(kept, os.path.join(self.tree, name))
        shutil.rmtree(self.kept)

    def _later(self, name):
        return self.names[self.names.index(name.partition("[")[0]) + 1:]

    def _standing_on(self, name):
        """It and what has to go before it, in the order of going."""
        chosen, files = {name}, files_of(self.path(name))
        later = self._later(name)
        grown = True
        while grown:
            grown = False
            for other in later:
                touched = files_of(self.path(other))
                if other not in chosen and touched & files:
                    chosen.add(other)
                    files |= touched
                    grown = True
        return [n for n in reversed(later) if n in chosen] + [name]

    def _fits(self, out):
        """Reverse the patches in a scratch copy of their files."""
        scratch = self.kept + ".try"
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(scratch)
        files = set().union(*(files_of(self.path(n)) for n in out))
        for name in files:
            self._bring(os.path.join(self.tree, name),
                        os.path.join(scratch, name))
        return all(self._reverse(n, scratch) for n in out)

    def _reverse(self, name, folder):
        return all(subprocess.run(
            ["patch", "-R", "-f", "-s", "-p1", "--no-backup-if-mismatch",
             "-r", "-", "-d", folder], text=True, errors="surrogateescape",
            input=part, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode == 0
            for part in ways_back(self.path(name)))

    def _bring_out(self, out):
        """Put what _fits() left in its scratch folder into the tree."""
        files = set().union(*(files_of(self.path(n)) for n in out))
        scratch = self.kept + ".try"
        for name in files:
            self._bring(os.path.join(self.tree, name),
                        os.path.join(self.kept, "files", name))
        os.makedirs(self.kept, exist_ok=True)
        with open(os.path.join(self.kept, "list"), "w") as names:
            names.write("".join(name + "\n" for name in sorted(files)))
        for name in files:
            self._bring(os.path.join(scratch, name),
                        os.path.join(self.tree, name))
        shutil.rmtree(scratch)

    @staticmethod
    def _bring(source, to):
        """Make `to` what `source` is; nothing, if that does not exist."""
        if not os.path.exists(source):
            if os.path.exists(to):
                os.remove(to)
            return
        with open(source, "rb") as file:
            data = file.read()
        if os.path.exists(to):
            with open(to, "rb") as file:
                if file.read() == data:
                    return
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, "wb") as file:
            file.write(data)
        shutil.copymode(source, to)
