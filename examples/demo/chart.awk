# chart.awk - requests a second and the longest request, as lines or as SVG.
#
#   awk -f chart.awk -v mode=lines -v drawn=N samples events    lines behind N
#   awk -f chart.awk -v mode=svg samples events                 the whole
#
# A line of `samples` is TIME REQUESTS_PER_SECOND LONGEST_MS FAILED, at the end of
# the interval; one of `events` TIME TEXT.
FILENAME == ARGV[1] {
	time[++n] = $1; rate[n] = $2; longest[n] = $3; lost[n] = $4
	if ($2 > top)
		top = $2
	if ($3 > worst)
		worst = $3
	next
}
{
	at[++events] = $1
	sub(/^[^ ]+ /, "")
	what[events] = $0
}
function commas(x) {
	return x >= 1000 ? sprintf("%d,%03d", x / 1000, x % 1000) : sprintf("%d", x)
}
function mark_of(i,   e, text) {
	for (e = 1; e <= events; e++)
		if (at[e] <= time[i] && (i == 1 || at[e] > time[i - 1]))
			text = text "  <- " what[e]
	return text
}
# A full bar is a quarter more than the best of the first second, so that it means
# the same in all lines.
function draw_lines(   i, k, bar, full) {
	for (i = 1; i <= n && i <= 4; i++)
		if (rate[i] * 1.25 > full)
			full = rate[i] * 1.25
	for (i = drawn + 1; i <= n; i++) {
		bar = ""
		for (k = 0; k < rate[i] * 30 / (full ? full : 1) && k < 30; k++)
			bar = bar block
		printf "   %5.2f s %s%-*s%s %8s/s, longest %6.1f ms%s%s%s%s\n",
			time[i] - start, green, 30, bar, plain, commas(rate[i]), longest[i],
			lost[i] ? ", LOST " lost[i] : "", bold, mark_of(i), plain
	}
}
function x_of(t) { return sprintf("%.1f", 60 + 680 * (t - start) / (time[n] - start)) }
function curve(values, most, base, colour,   i, text) {
	for (i = 1; i <= n; i++)
		text = text x_of(time[i]) "," sprintf("%.1f ", base - 130 * values[i] / most)
	printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>\n", colour, text
}
function words(x, y, text, more) {
	printf "<text x=\"%s\" y=\"%s\" %s>%s</text>\n", x, y, more, text
}
function draw_svg(   e, t) {
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"400\" font-family=\"sans-serif\" font-size=\"12\">"
	print "<rect width=\"760\" height=\"400\" fill=\"white\"/>"
	for (e = 1; e <= events; e++) {
		printf "<line x1=\"%s\" x2=\"%s\" y1=\"30\" y2=\"370\" stroke=\"#c00\" stroke-dasharray=\"4\"/>\n", x_of(at[e]), x_of(at[e])
		words(x_of(at[e]), 24, what[e], "text-anchor=\"middle\" fill=\"#c00\"")
	}
	for (t = 0; t <= time[n] - start; t += 2)
		words(x_of(start + t), 390, t " s", "text-anchor=\"middle\"")
	words(60, 52, "requests a second, up to " commas(top))
	curve(rate, top ? top : 1, 190, "#07a")
	words(60, 222, "longest request, up to " worst " ms")
	curve(longest, worst ? worst : 1, 370, "#c70")
	print "<path d=\"M60 60V190H740M60 230V370H740\" fill=\"none\" stroke=\"#999\"/>"
	print "</svg>"
}
END {
	if (n < 1)
		exit
	if (mode == "svg")
		draw_svg()
	else
		draw_lines()
}
