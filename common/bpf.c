/*
 * bpf.c - an interpreter of classic BPF, as far as seccomp admits it.
 *
 * Called by:  confine.c; filter_sig.c, in the agent.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe: computes, and calls nothing.
 *
 * The kernel admits loads from struct seccomp_data, the scratch memory,
 * arithmetic, forward jumps and returns (seccomp_check_filter(), bpf_check_
 * classic()). Jumps go forward only, so every program ends.
 */
#include "bpf.h"

#include <stdbool.h>
#include <string.h>

struct bpf_state {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
	const struct seccomp_data *data;
};

static bool run_load(struct bpf_state *s, const struct sock_filter *i)
{
	uint32_t value;

	switch (BPF_MODE(i->code)) {
	case BPF_IMM: value = i->k; break;
	case BPF_LEN: value = sizeof(*s->data); break;
	case BPF_ABS:
		if (BPF_CLASS(i->code) != BPF_LD || i->k % 4 ||
		    i->k > sizeof(*s->data) - 4)
			return false;
		memcpy(&value, (const char *)s->data + i->k, sizeof(value));
		break;
	case BPF_MEM:
		if (i->k >= BPF_MEMWORDS)
			return false;
		value = s->memory[i->k];
		break;
	default:
		return false;
	}
	if (BPF_CLASS(i->code) == BPF_LD)
		s->a = value;
	else
		s->x = value;
	return true;
}

static bool run_store(struct bpf_state *s, const struct sock_filter *i)
{
	if (i->k >= BPF_MEMWORDS)
		return false;
	s->memory[i->k] = BPF_CLASS(i->code) == BPF_ST ? s->a : s->x;
	return true;
}

/* Then the program ends, with 0 (bpf_convert_filter()). */
static bool divides_by_zero(const struct bpf_state *s, const struct sock_filter *i)
{
	return BPF_OP(i->code) == BPF_DIV &&
	       (BPF_SRC(i->code) == BPF_X ? s->x : i->k) == 0;
}

static bool run_arithmetic(struct bpf_state *s, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? s->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD: s->a += v; break;
	case BPF_SUB: s->a -= v; break;
	case BPF_MUL: s->a *= v; break;
	case BPF_DIV: s->a /= v; break;
	case BPF_AND: s->a &= v; break;
	case BPF_OR: s->a |= v; break;
	case BPF_XOR: s->a ^= v; break;
	/* As the processor does it, for which the kernel translates. */
	case BPF_LSH: s->a <<= v & 31; break;
	case BPF_RSH: s->a >>= v & 31; break;
	case BPF_NEG: s->a = -s->a; break;
	default: return false;
	}
	return true;
}

/* How many instructions to leave out; -1: no such jump. */
static int64_t run_jump(const struct bpf_state *s, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? s->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_JA: return i->k;
	case BPF_JEQ: return s->a == v ? i->jt : i->jf;
	case BPF_JGT: return s->a > v ? i->jt : i->jf;
	case BPF_JGE: return s->a >= v ? i->jt : i->jf;
	case BPF_JSET: return s->a & v ? i->jt : i->jf;
	default: return -1;
	}
}

uint32_t bpf_run(const struct sock_filter *program, size_t count,
		 const struct seccomp_data *data)
{
	struct bpf_state s = {.data = data};
	int64_t skip;

	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *i = &program[at];
		bool good = true;

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
		case BPF_LDX: good = run_load(&s, i); break;
		case BPF_ST:
		case BPF_STX: good = run_store(&s, i); break;
		case BPF_ALU:
			if (divides_by_zero(&s, i))
				return SECCOMP_RET_KILL_THREAD;
			good = run_arithmetic(&s, i);
			break;
		case BPF_JMP:
			skip = run_jump(&s, i);
			good = skip >= 0;
			at += good ? (size_t)skip : 0;
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? s.a : i->k;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				s.x = s.a;
			else
				s.a = s.x;
			break;
		}
		if (!good)
			break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

uint32_t bpf_graver(uint32_t a, uint32_t b)
{
	/* Signed: SECCOMP_RET_KILL_PROCESS is below all. */
	return (int32_t)(a & SECCOMP_RET_ACTION_FULL) <=
	       (int32_t)(b & SECCOMP_RET_ACTION_FULL) ? a : b;
}
