/*
 * send_tree_test.c - parents and units of processes.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <unistd.h>

#include "injector/tree.h"

Test(tree, stat_of_a_name_with_brackets)
{
	struct tree_node n;

	cr_assert(tree_stat_parse("7 (a) b) (c) S 3 7 7 0 -1 4194560 1 2 3 4 5 6 "
				  "7 8 20 0 1 0 4711 1000 10", &n));
	cr_expect_eq(n.parent, 3);
	cr_expect_eq(n.start, 4711);
	cr_expect(!tree_stat_parse("7 (a) S 3", &n));
	cr_expect(!tree_stat_parse("", &n));
}

Test(tree, ancestors)
{
	struct tree_node nodes[] = {{1, 0, 0}, {5, 1, 0}, {6, 5, 0}, {9, 6, 0},
				    {20, 21, 0}, {21, 20, 0}};
	struct tree t = {nodes, 6};

	cr_expect(tree_is_below(&t, 9, 5));
	cr_expect(tree_is_below(&t, 5, 5));
	cr_expect(!tree_is_below(&t, 5, 9));
	cr_expect(!tree_is_below(&t, 77, 5));
	cr_expect(!tree_is_below(&t, 20, 5), "a circle has an end");
	cr_expect_eq(tree_depth(&t, 1), 0);
	cr_expect_eq(tree_depth(&t, 9), 3);
}

Test(tree, of_this_machine)
{
	struct tree t;

	cr_assert(tree_init(&t));
	cr_expect(tree_is_below(&t, getpid(), getppid()));
	cr_expect_gt(tree_depth(&t, getpid()), tree_depth(&t, getppid()));
	tree_deinit(&t);
}

Test(tree, units)
{
	const char *text = "0::/system.slice/nginx.service/worker\n";

	cr_expect(tree_cgroup_has(text, "nginx"));
	cr_expect(tree_cgroup_has(text, "nginx.service"));
	cr_expect(tree_cgroup_has(text, "system.slice"));
	cr_expect(!tree_cgroup_has(text, "ginx"));
	cr_expect(!tree_cgroup_has(text, "nginx.socket"));
	cr_expect(!tree_cgroup_has(text, "worker"));
	cr_expect(tree_cgroup_has("12:cpu:/\n1:name=systemd:/user.slice/ssh@1.service",
				  "ssh@1"));
	cr_expect(tree_cgroup_has("0::/a/my-nginx.service/nginx.service\n", "nginx"));
	cr_expect(!tree_cgroup_has("0::/a/my-nginx.service\n", "nginx"));
	text = "0::/system.slice/system-fpm.slice/fpm@8.2.service\n";
	cr_expect(tree_cgroup_has(text, "fpm@8.2"), "a dot of its own");
	cr_expect(!tree_cgroup_has(text, "fpm@8"));
	cr_expect(!tree_cgroup_has(text, ""));
}
