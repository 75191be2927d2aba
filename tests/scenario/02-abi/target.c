/*
 * Calls functions of every shape and compares every bit of the results.
 *
 *   check     -> "1", "2" or the function that was wrong
 *   pin       -> "pinned": a thread waits inside chain_call()
 *   free      -> "free"
 *   hammer N  -> N threads check all the time; "calm" ends them and answers
 *                how often a result was wrong, which stays 0
 */
#include "target.h"

#include "shapes.h"

static struct door gate_door, inside_door;
ATTR long nested(long n)
{
	door_open(&inside_door);
	door_pass(&gate_door);
	return n;
}

/* Registers that a callee must leave alone, the flags and the modes. */
extern int call_kept(long (*function)(void));
__asm__(
"	.text\n"
"	.globl call_kept\n"
"	.type call_kept, @function\n"
"call_kept:\n"
"	.cfi_startproc\n"
"	push %rbx\n	.cfi_adjust_cfa_offset 8\n	.cfi_rel_offset %rbx, 0\n"
"	push %rbp\n	.cfi_adjust_cfa_offset 8\n	.cfi_rel_offset %rbp, 0\n"
"	push %r12\n	.cfi_adjust_cfa_offset 8\n	.cfi_rel_offset %r12, 0\n"
"	push %r13\n	.cfi_adjust_cfa_offset 8\n	.cfi_rel_offset %r13, 0\n"
"	push %r14\n	.cfi_adjust_cfa_offset 8\n	.cfi_rel_offset %r14, 0\n"
"	push %r15\n	.cfi_adjust_cfa_offset 8\n	.cfi_rel_offset %r15, 0\n"
"	sub $24, %rsp\n	.cfi_adjust_cfa_offset 24\n"
"	stmxcsr (%rsp)\n"
"	fnstcw 4(%rsp)\n"
"	movl $0x7fa0, 8(%rsp)\n"
"	movl $0x0f7f, 12(%rsp)\n"
"	ldmxcsr 8(%rsp)\n"
"	fldcw 12(%rsp)\n"
"	mov $0x1111111111111111, %rbx\n"
"	mov $0x2222222222222222, %rbp\n"
"	mov $0x3333333333333333, %r12\n"
"	mov $0x4444444444444444, %r13\n"
"	mov $0x5555555555555555, %r14\n"
"	mov $0x6666666666666666, %r15\n"
"	call *%rdi\n"
"	pushf\n	.cfi_adjust_cfa_offset 8\n"
"	pop %rcx\n	.cfi_adjust_cfa_offset -8\n"
"	and $0x400, %ecx\n"
"	mov $0x1111111111111111, %rdx\n	xor %rdx, %rbx\n	or %rbx, %rcx\n"
"	mov $0x2222222222222222, %rdx\n	xor %rdx, %rbp\n	or %rbp, %rcx\n"
"	mov $0x3333333333333333, %rdx\n	xor %rdx, %r12\n	or %r12, %rcx\n"
"	mov $0x4444444444444444, %rdx\n	xor %rdx, %r13\n	or %r13, %rcx\n"
"	mov $0x5555555555555555, %rdx\n	xor %rdx, %r14\n	or %r14, %rcx\n"
"	mov $0x6666666666666666, %rdx\n	xor %rdx, %r15\n	or %r15, %rcx\n"
"	stmxcsr 8(%rsp)\n"
"	fnstcw 12(%rsp)\n"
"	mov 8(%rsp), %edx\n	and $0xffc0, %edx\n"
"	xor $0x7f80, %edx\n	or %rdx, %rcx\n"
"	movzwl 12(%rsp), %edx\n	xor $0x0f7f, %edx\n	or %rdx, %rcx\n"
"	ldmxcsr (%rsp)\n"
"	fldcw 4(%rsp)\n"
"	sub $100, %rax\n"
"	test %rcx, %rcx\n"
"	mov $-1, %rdx\n"
"	cmovne %rdx, %rax\n"
"	add $24, %rsp\n	.cfi_adjust_cfa_offset -24\n"
"	pop %r15\n	.cfi_adjust_cfa_offset -8\n	.cfi_restore %r15\n"
"	pop %r14\n	.cfi_adjust_cfa_offset -8\n	.cfi_restore %r14\n"
"	pop %r13\n	.cfi_adjust_cfa_offset -8\n	.cfi_restore %r13\n"
"	pop %r12\n	.cfi_adjust_cfa_offset -8\n	.cfi_restore %r12\n"
"	pop %rbp\n	.cfi_adjust_cfa_offset -8\n	.cfi_restore %rbp\n"
"	pop %rbx\n	.cfi_adjust_cfa_offset -8\n	.cfi_restore %rbx\n"
"	ret\n"
"	.cfi_endproc\n"
"	.size call_kept, .-call_kept\n");

/* Each check returns the version it saw; WRONG; or MIXED if an update came
 * between two of its calls. */
enum { WRONG = -1, MIXED = -2 };
#define SEEN(value, base) ({ \
	__typeof__(value) value_ = (value), base_ = (base); \
	value_ == base_ + 1 ? 1 : value_ == base_ + 2 ? 2 : WRONG; })

static int same(int a, int b)
{
	if (a == WRONG || b == WRONG)
		return WRONG;
	return a == b ? a : MIXED;
}

static int avx_there, avx512_there;

static int check_int(void)
{
	long value;

	by_pointer(&value);
	value = same(SEEN(value, 100), SEEN(no_args(), 100));
	return same(value, SEEN(six(1, 2, 3, 4, 5, 6), 910));
}
static int check_many(void)
{
	return SEEN(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9,
			 10, 11), 13850);
}
static int check_doubles(void)
{
	int value = SEEN(doubles(1, 2, 3, 4, 5, 6, 7, 8), 2040.0);

	return same(value, SEEN(floats(1, 2), 50.0f));
}
static int check_long_double(void)
{
	return SEEN(long_double(1.25L, 3, 2.5L), 67.5L);
}
static int check_complex(void)
{
	_Complex double d = complex_double(1 + 2 * I, 3 + 4 * I);
	_Complex float f = complex_float(1 + 2 * I);
	_Complex long double l = complex_long(1 + 2 * I);
	int value = SEEN(creal(d), -50.0);

	if (cimag(d) != 100 || cimagf(f) != 20 || cimagl(l) != 20)
		return WRONG;
	value = same(value, SEEN(crealf(f), 10.0f));
	return same(value, SEEN(creall(l), 10.0L));
}
static int check_int128(void)
{
	__int128 big = (__int128)0x0123456789abcdefL << 60;

	return SEEN(int128(big, 3, 4), 10 * big + 70);
}
static int check_structs(void)
{
	struct two_long l = two_longs((struct two_long){ 3, 4 });
	struct two_double d = two_doubles((struct two_double){ 3, 4 }, 5);
	struct mixed m = mixed((struct mixed){ 1, 2 }, (struct mixed_back){ 3, 4 });
	struct mixed_back b = mixed_back(1, 2);
	struct three t = three(1, (struct three){ 2, 3, 4 });
	struct small s = small((struct small){ 1, 2, 3 });
	union one u = one((union one){ .l = 77 });
	int v = SEEN(l.a, 40);

	v = same(v, SEEN(l.b, 60));
	v = same(v, SEEN(d.a, 45.0));
	v = same(v, SEEN(d.b, 60.0));
	v = same(v, SEEN(m.a, 14));
	v = same(v, SEEN(m.b, 23.0));
	v = same(v, SEEN(b.a, 20.0));
	v = same(v, SEEN(b.b, 10));
	v = same(v, SEEN(t.a, 10));
	v = same(v, SEEN(t.b, 30));
	v = same(v, SEEN(t.c, 40));
	v = same(v, SEEN(s.a, 1));
	v = same(v, s.b == 2 + 10 ? 1 : s.b == 22 ? 2 : WRONG);
	v = same(v, SEEN(s.c, 3.0f));
	return same(v, SEEN(u.l, 77L));
}
static int check_large(void)
{
	struct large in, out;
	int v;

	for (int i = 0; i < 40; i++)
		in.a[i] = i * i;
	out = large(5, in, 6);
	v = SEEN(out.a[0], 110);
	for (int i = 1; i < 40; i++)
		v = same(v, SEEN(out.a[i], 10 * (i * i + 11)));
	return v;
}
static int check_narrow(void)
{
	int v = boolean(1) ? 1 : 2;

	return same(v, SEEN(byte(250), (unsigned char)250));
}
static int check_variadic(void)
{
	int v = SEEN(variadic(12, 1L, 2.0, 3.0, 4L, 5.0, 6.0, 7L, 8.0, 9.0,
			      10L, 11.0, 12.0), 6500.0);

	v = same(v, SEEN(variadic(0), 0.0));
	v = same(v, SEEN(variadic(1, 3L), 30.0));
	return same(v, SEEN(variadic_int(9, 1, 2, 3, 4, 5, 6, 7, 8, 9), 2850));
}
static int check_sse(void)
{
	__m128 x = { 1, 2, 3, 4 };
	__m128 r = sse(x, x, x, x, x, x, x, x, x);
	__m128i n = sse_int(_mm_set_epi64x(4, 3), _mm_set_epi64x(2, 1));
	int v = SEEN(r[0], 45.0f);

	v = same(v, SEEN(r[1], 90.0f));
	v = same(v, SEEN(r[2], 135.0f));
	v = same(v, SEEN(r[3], 180.0f));
	v = same(v, SEEN(n[0], 50));
	return same(v, SEEN(n[1], 80));
}
__attribute__((target("avx2"))) static int check_avx(void)
{
	__m256d x = { 1, 2, 3, 4 };
	__m256d r = avx(x, x, x, x, x, x, x, x, x);
	int v = SEEN(r[0], 45.0);

	for (int i = 1; i < 4; i++)
		v = same(v, SEEN(r[i], 45.0 * (i + 1)));
	return v;
}
__attribute__((target("avx512f"))) static int check_avx512(void)
{
	__m512d x = { 1, 2, 3, 4, 5, 6, 7, 8 };
	__m512d r = avx512(x, x, x, x, x, x, x, x);
	int v = SEEN(r[0], 36.0);

	for (int i = 1; i < 8; i++)
		v = same(v, SEEN(r[i], 36.0 * (i + 1)));
	return v;
}
static int check_recursion(void)
{
	long sum = recursive(100), f = fib(12);
	int v = sum == 50500 + 101 ? 1 : sum == 50500 + 202 ? 2 : WRONG;

	v = same(v, f == 233 ? 1 : f == 466 ? 2 : WRONG);
	v = same(v, even(50));
	return same(v, -even(51));
}
static int check_tail(void)
{
	return SEEN(tail_a(2000, 0), 30000);
}
static int check_chain(void)
{
	long result;

	__asm__ volatile("sub $136, %%rsp\n\tmov $1000, %%r10\n\t"
			 "call chain\n\tadd $136, %%rsp" : "=a"(result) : :
			 "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
			 "memory", "cc");
	return SEEN(result, 1000);
}
static int check_rest(void)
{
	int v = call_kept(no_args);

	v = same(v, SEEN(aligned(33), 10));
	return same(v, SEEN(x87(1.5), 30.0));
}
static int check_sqrt_state(void)
{
	/* Eight values on the x87 stack would overflow if a gate used it. */
	double out[7], v = 0;

	__asm__ volatile("fld1\n\tfldpi\n\tfldz\n\tfldl2e\n\tfldlg2\n\tfldln2\n\tfldl2t"
			 : : : "memory");
	v = (double)no_args();
	for (int i = 0; i < 7; i++)
		__asm__ volatile("fstpl %0" : "=m"(out[i]));
	if (out[6] != 1 || out[4] != 0 || out[5] < 3.14159 || out[5] > 3.1416)
		return WRONG;
	return SEEN(v, 100.0);
}

static const struct {
	const char *name;
	int (*check)(void);
} checks[] = {
	{ "int", check_int }, { "many", check_many },
	{ "doubles", check_doubles }, { "long double", check_long_double },
	{ "complex", check_complex }, { "__int128", check_int128 },
	{ "structs", check_structs }, { "large", check_large },
	{ "narrow", check_narrow }, { "variadic", check_variadic },
	{ "sse", check_sse }, { "avx", check_avx }, { "avx512", check_avx512 },
	{ "recursion", check_recursion }, { "tail", check_tail },
	{ "chain", check_chain }, { "kept", check_rest },
	{ "x87", check_sqrt_state },
};

static int check_one(unsigned i)
{
	if ((checks[i].check == check_avx && !avx_there) ||
	    (checks[i].check == check_avx512 && !avx512_there))
		return 0;
	return checks[i].check();
}

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static volatile int calm;
static const char *volatile first_wrong = "nothing";
static long rounds;

static void *hammer(void *unused)
{
	unsigned at = (unsigned)thread_id();

	while (!calm) {
		at = (at + 1) % CHECKS;
		if (check_one(at) == WRONG)
			first_wrong = checks[at].name;
		__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
	}
	return unused;
}

static void answer_check(void)
{
	int version = 0;

	for (unsigned i = 0; i < CHECKS; i++) {
		int seen = check_one(i);

		if (seen && version == 0)
			version = seen;
		if (seen < 0 || (seen && seen != version)) {
			say("%s is wrong: %d", checks[i].name, seen);
			return;
		}
	}
	say("%d", version);
}

static void *pinned(void *unused)
{
	long result = chain_call(nested, 0);

	__asm__ volatile("" : : "r"(result));
	return unused;
}

int main(void)
{
	pthread_t threads[64], pin;
	char line[64];
	int n = 0;

	avx_there = __builtin_cpu_supports("avx2");
	avx512_there = __builtin_cpu_supports("avx512f");
	door_init(&gate_door);
	door_init(&inside_door);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "check")) {
			answer_check();
		} else if (!strcmp(line, "pin")) {
			pthread_create(&pin, NULL, pinned, NULL);
			door_pass(&inside_door);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			door_open(&gate_door);
			pthread_join(pin, NULL);
			say("free");
		} else if (sscanf(line, "hammer %d", &n) == 1) {
			calm = 0;
			for (int i = 0; i < n; i++)
				pthread_create(&threads[i], NULL, hammer, NULL);
			say("hammering");
		} else if (!strcmp(line, "calm")) {
			calm = 1;
			for (int i = 0; i < n; i++)
				pthread_join(threads[i], NULL);
			say("wrong: %s", first_wrong);
		} else {
			die("no such command");
		}
	}
	return 0;
}
