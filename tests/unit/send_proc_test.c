/*
 * send_proc_test.c - the files of /proc: as texts, and of this process.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "injector/contact_thread.h"
#include "injector/proc.h"

static const char status_text[] =
	"Name:\tweb server\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t77\n"
	"Pid:\t78\nTracerPid:\t5\nUid:\t1000\t1001\t1002\t1003\n"
	"Gid:\t10\t11\t12\t13\nNStgid:\t77\t9\t3\nVmSize:\t   4 kB\n"
	"Threads:\t12\nSigBlk:\t0000000000000004\nSigIgn:\t0000000000000000\n"
	"SigCgt:\t8000000100000001\nSeccomp:\t2\nSeccomp_filters:\t3\n";

Test(proc, status_of_a_process)
{
	struct proc_status s;

	cr_assert(proc_status_parse(status_text, &s));
	cr_assert_str_eq(s.name, "web server");
	cr_assert_eq(s.state, 'S');
	cr_assert_eq(s.tgid, 77);
	cr_assert_eq(s.inner_pid, 3);
	cr_assert_eq(s.tracer, 5);
	cr_assert_eq(s.euid, 1001);
	cr_assert_eq(s.egid, 11);
	cr_assert_eq(s.threads, 12);
	cr_assert_eq(s.blocked, 4);
	cr_assert_eq(s.caught, 0x8000000100000001u);
	cr_assert_eq(s.seccomp, 2);
	cr_assert(s.memory && !s.dumping);
}

Test(proc, status_of_a_kernel_thread_has_no_memory)
{
	struct proc_status s;

	cr_assert(proc_status_parse("Name:\tkthreadd\nState:\tS (sleeping)\n"
				    "Tgid:\t2\nPid:\t2\nThreads:\t1\n", &s));
	cr_assert(!s.memory);
	cr_assert_eq(s.threads, 1);
}

Test(proc, status_that_is_cut_or_hostile)
{
	char text[sizeof(status_text)];
	struct proc_status s;

	cr_assert(!proc_status_parse("", &s));
	cr_assert(!proc_status_parse("Name:", &s));
	for (size_t n = 0; n < sizeof(status_text); n++) {
		memcpy(text, status_text, sizeof(text));
		text[n] = '\0';
		(void)proc_status_parse(text, &s);
	}
	cr_assert(proc_status_parse("Name:\ta\033[31mb\nState:\tR\nTgid:\t1\n",
				    &s));
	cr_assert_str_eq(s.name, "a?[31mb");
}

Test(proc, maps_with_and_without_paths)
{
	char text[] =
		"55d0a0000000-55d0a0001000 r-xp 00001000 fe:01 123 /bin/a b\n"
		"7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
		"nonsense\n"
		"7f0000002000-7f0000003000 rw-s 00000000 00:01 9 /memfd:x (deleted)";
	struct proc_map map;
	char *cursor = text;

	cr_assert(proc_maps_next(&cursor, &map));
	cr_assert_eq(map.start, 0x55d0a0000000u);
	cr_assert_eq(map.end, 0x55d0a0001000u);
	cr_assert_eq(map.offset, 0x1000);
	cr_assert_eq(map.inode, 123);
	cr_assert(map.readable && !map.writable && map.executable);
	cr_assert(map.is_private);
	cr_assert_str_eq(map.path, "/bin/a b");
	cr_assert(proc_maps_next(&cursor, &map));
	cr_assert_str_eq(map.path, "");
	cr_assert(proc_maps_next(&cursor, &map));
	cr_assert_str_eq(map.path, "/memfd:x (deleted)");
	cr_assert(!map.is_private);
	cr_assert(!proc_maps_next(&cursor, &map));
}

Test(proc, this_process)
{
	char *maps = proc_maps_read(getpid()), *cursor = maps;
	uint64_t here = (uint64_t)(uintptr_t)status_text;
	struct proc_status s;
	struct proc_map map;
	bool found = false;
	char copy[16];

	cr_assert(proc_status_read(getpid(), getpid(), &s));
	cr_assert_eq(s.tgid, getpid());
	cr_assert_eq(s.euid, geteuid());
	cr_assert(s.memory && s.threads >= 1);
	cr_assert_not_null(maps);
	while (proc_maps_next(&cursor, &map))
		found = found || (map.start <= here && here < map.end);
	cr_assert(found);
	free(maps);
	cr_assert(proc_memory_read(getpid(), here, copy, sizeof(copy)));
	cr_assert_arr_eq(copy, status_text, sizeof(copy));
	cr_assert(!proc_memory_read(getpid(), 8, copy, sizeof(copy)));
}

Test(proc, a_process_that_is_gone)
{
	struct proc_status s;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert(!proc_status_read(pid, pid, &s));
	cr_assert_eq(errno, ENOENT);
	cr_assert_null(proc_maps_read(pid));
}

/* The notes of this program, found at a mapping of it. */
Test(proc, build_id_from_memory)
{
	char *maps = proc_maps_read(getpid()), *cursor = maps;
	struct proc_map map;
	uint8_t id[64];
	uint64_t code = 0;
	size_t size = 0;

	while (size == 0 && proc_maps_next(&cursor, &map))
		if (strstr(map.path, "libc.so") && map.offset == 0)
			size = proc_build_id(getpid(), map.start, id, sizeof(id),
					     &code);
	cr_assert_eq(size, 20);
	do {
		cr_assert(proc_maps_next(&cursor, &map));
	} while (!map.executable);
	cr_assert(strstr(map.path, "libc.so") && code >= map.start && code < map.end);
	free(maps);
	cr_assert_eq(proc_build_id(getpid(), 8, id, sizeof(id), &code), 0);
	cr_assert_eq(code, 0);
}

Test(proc, system_call_of_a_thread)
{
	cr_assert_eq(proc_syscall_parse("running\n"), PROC_RUNNING);
	cr_assert_eq(proc_syscall_parse("7 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8"), 7);
	cr_assert_eq(proc_syscall_parse("-1 0x7ffd 0x7f00\n"), -1);
	cr_assert_eq(proc_syscall_parse(""), PROC_UNKNOWN);
	cr_assert_eq(proc_syscall_parse("202 0x7f00 0x189 0x0 0x0 0x0 0x0 1 2"),
		     PROC_CONDITION);
	cr_assert_eq(proc_syscall_parse("202 0x7f00 0x80 0x2 0x0 0x0 0x0 1 2"),
		     SYS_futex);
}

Test(proc, threads_in_system_calls_come_first)
{
	cr_assert_eq(contact_thread_rank(SYS_epoll_wait), 0);
	cr_assert_eq(contact_thread_rank(PROC_CONDITION), 0);
	cr_assert_eq(contact_thread_rank(SYS_restart_syscall), 0);
	cr_assert_eq(contact_thread_rank(PROC_RUNNING), 1);
	cr_assert_eq(contact_thread_rank(SYS_futex), 2);
	cr_assert_eq(contact_thread_rank(SYS_mmap), 2);
}

/* Starts with a process that sleeps and one that blocks the signal. */
Test(proc, no_thread_that_blocks_the_signal_is_chosen)
{
	struct contact_threads threads = {0};
	struct target t = {0};
	int ready[2];
	sigset_t set;
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		sigemptyset(&set);
		sigaddset(&set, 60);
		sigprocmask(SIG_BLOCK, &set, NULL);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	t.pid = t.view = pid;
	cr_assert(proc_status_read(pid, pid, &t.status));
	t.beacon.signal = 60;
	cr_expect_eq(contact_threads_next(&threads, &t), 0);
	contact_threads_deinit(&threads);
	memset(&threads, 0, sizeof(threads));
	t.beacon.signal = 61;
	cr_expect_eq(contact_threads_next(&threads, &t), pid);
	cr_expect_eq(contact_threads_next(&threads, &t), pid);
	contact_threads_deinit(&threads);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
