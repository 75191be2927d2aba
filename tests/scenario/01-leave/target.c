/*
 * Threads that wait inside work() and leave it in every way there is. The
 * file is compiled as C and as C++.
 *
 *   start WAY DEPTH -> "inside NR TID"   a thread waits inside work()
 *   leave NR        -> what became of it
 *   call            -> the result of work() in a thread that does not wait
 */
#include <setjmp.h>

#include "target.h"

enum way {
	CALL, RETURN, LONGJMP_NEAR, LONGJMP_FAR, SIGLONGJMP, PTHREAD_EXIT,
	CANCEL, CANCEL_ASYNC, SYS_EXIT, THROW_NEAR, THROW_FAR, THROW_INSIDE,
	THROW_AGAIN, THROW_WAITS, WAYS
};

static const char *const way_name[WAYS] = {
	"call", "return", "longjmp-near", "longjmp-far", "siglongjmp",
	"pthread_exit", "cancel", "cancel-async", "sys_exit", "throw-near",
	"throw-far", "throw-inside", "throw-again", "throw-waits"
};

struct job {
	enum way way;
	int depth;
	struct door go, inside;
	pthread_t thread;
	int tid;
	jmp_buf near_place, far_place;
	sigjmp_buf sig_place;
	int cleanups;
	char result[64];
};

#define JOBS 256
static struct job jobs[JOBS];
static volatile int spin_forever = 1;

#ifdef __cplusplus
struct counted {
	struct job *job;
	~counted() { job->cleanups++; }
};
/* Waits while the stack is unwound, when the handler was found already. */
struct waiting {
	struct job *job;
	~waiting()
	{
		if (job->way != THROW_WAITS)
			return;
		door_open(&job->inside);
		door_pass(&job->go);
	}
};
#define GUARD(job) counted guard = { job }
#define WAITING(job) waiting waits = { job }
#define THROW() throw 42
#else
#define GUARD(job) (void)(job)
#define WAITING(job) (void)(job)
#define THROW() abort()
#endif

static void count_cleanup(void *job)
{
	((struct job *)job)->cleanups++;
}

/* Everything that leaves otherwise than by returning. */
ATTR void leave(struct job *job)
{
	switch (job->way) {
	case LONGJMP_NEAR: longjmp(job->near_place, 1);
	case LONGJMP_FAR: longjmp(job->far_place, 1);
	case SIGLONGJMP: siglongjmp(job->sig_place, 1);
	case PTHREAD_EXIT: pthread_exit(NULL);
	case SYS_EXIT: syscall(SYS_exit, 0); break;
	case THROW_NEAR: case THROW_FAR: case THROW_AGAIN: THROW();
	default: break;
	}
}

/* The function that is patched: waits, then leaves; the patch returns 2. */
ATTR int work(struct job *job, int depth)
{
	int result = 1, old;

	GUARD(job);
	if (depth > 0) {
#ifdef __cplusplus
		if (job->way == THROW_AGAIN) {
			try {
				return work(job, depth - 1);
			} catch (...) {
				throw;
			}
		}
#endif
		result = work(job, depth - 1);
		__asm__ volatile("" : "+r"(result));
		return result;
	}
	if (job->way == CALL)
		return result;
	WAITING(job);
	if (job->way == THROW_WAITS)
		THROW();
	if (job->way == CANCEL_ASYNC) {
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
		door_open(&job->inside);
		while (spin_forever)
			;
	}
	door_open(&job->inside);
	door_pass(&job->go);
#ifdef __cplusplus
	if (job->way == THROW_INSIDE) {
		try {
			throw 7;
		} catch (int value) {
			return value - 6;
		}
	}
#endif
	leave(job);
	return result;
}

static void set_result(struct job *job, const char *how, int value)
{
	snprintf(job->result, sizeof(job->result), "%s %d", how, value);
}

/* Calls work(); what is caught here is caught right behind the call. */
ATTR void call_near(struct job *job)
{
	GUARD(job);
	if (setjmp(job->near_place)) {
		set_result(job, "jumped-near", 1);
		return;
	}
#ifdef __cplusplus
	if (job->way == THROW_NEAR || job->way == THROW_AGAIN ||
	    job->way == THROW_WAITS) {
		int result;

		try {
			result = work(job, job->depth);
		} catch (int value) {
			set_result(job, "caught-near", value);
			return;
		}
		set_result(job, "returned", result);
		return;
	}
#endif
	set_result(job, "returned", work(job, job->depth));
}

ATTR void call_between(struct job *job, int depth)
{
	char space[256];

	GUARD(job);
	__asm__ volatile("" : : "r"(space) : "memory");
	pthread_cleanup_push(count_cleanup, job);
	if (depth > 0)
		call_between(job, depth - 1);
	else
		call_near(job);
	pthread_cleanup_pop(0);
	__asm__ volatile("" : : "r"(space) : "memory");
}

ATTR void call_far(struct job *job)
{
	if (setjmp(job->far_place)) {
		set_result(job, "jumped-far", 1);
		return;
	}
	if (sigsetjmp(job->sig_place, 1)) {
		set_result(job, "jumped-sig", 1);
		return;
	}
#ifdef __cplusplus
	if (job->way == THROW_FAR) {
		try {
			call_between(job, 3);
		} catch (int value) {
			set_result(job, "caught-far", value);
		}
		return;
	}
#endif
	call_between(job, 3);
}

static void *job_main(void *argument)
{
	struct job *job = (struct job *)argument;

	job->tid = thread_id();
	set_result(job, "ended", 0);
	call_far(job);
	return NULL;
}

static void job_start(int nr, enum way way, int depth)
{
	struct job *job = &jobs[nr];

	memset(job, 0, sizeof(*job));
	job->way = way;
	job->depth = depth;
	door_init(&job->go);
	door_init(&job->inside);
	if (pthread_create(&job->thread, NULL, job_main, job))
		die("pthread_create");
	if (way != CALL)
		door_pass(&job->inside);
}

static void job_end(int nr)
{
	struct job *job = &jobs[nr];

	if (job->way == CANCEL || job->way == CANCEL_ASYNC)
		pthread_cancel(job->thread);
	else if (job->way != CALL)
		door_open(&job->go);
	pthread_join(job->thread, NULL);
	door_deinit(&job->go);
	door_deinit(&job->inside);
}

static enum way way_of(const char *name)
{
	for (int i = 0; i < WAYS; i++)
		if (!strcmp(name, way_name[i]))
			return (enum way)i;
	die("no such way");
	return WAYS;
}

int main(void)
{
	char line[128], word[32];
	int nr = 0, depth, used = 0;

	while (next(line, sizeof(line))) {
		if (sscanf(line, "start %31s %d", word, &depth) == 2) {
			nr = used++ % JOBS;
			job_start(nr, way_of(word), depth);
			say("inside %d %d", nr, jobs[nr].tid);
		} else if (sscanf(line, "leave %d", &nr) == 1) {
			job_end(nr);
			say("%s cleanups %d", jobs[nr].result, jobs[nr].cleanups);
		} else if (!strcmp(line, "call")) {
			nr = used++ % JOBS;
			job_start(nr, CALL, 0);
			job_end(nr);
			say("%s", jobs[nr].result);
		} else {
			die("no such command");
		}
	}
	return 0;
}
