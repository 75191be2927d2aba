/*
 * bpf.h - what a seccomp filter says to a system call, without making it.
 *
 * Included by: injector/.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe: computes, and calls nothing.
 */
#ifndef OPUS_BPF_H
#define OPUS_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Run one classic BPF program as the kernel would (seccomp(2), "Filters").
 * Returns its SECCOMP_RET_* value; SECCOMP_RET_KILL_PROCESS for a program that
 * the kernel would not have taken.
 */
uint32_t bpf_run(const struct sock_filter *program, size_t count,
		 const struct seccomp_data *data);

/* Of the answers of several filters the kernel follows the gravest. */
uint32_t bpf_graver(uint32_t a, uint32_t b);

#endif
