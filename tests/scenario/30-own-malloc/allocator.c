/* A malloc in front of libc's, as that of jemalloc or tcmalloc: without a version. */
#include <stddef.h>
#include <string.h>

static char arena[64 << 20] __attribute__((aligned(16)));
static size_t used;

int is_of_allocator(const void *p);
int is_of_allocator(const void *p)
{
	return (const char *)p >= arena && (const char *)p < arena + sizeof(arena);
}

void *malloc(size_t size)
{
	size_t at = __atomic_fetch_add(&used, (size + 47) & ~15UL, __ATOMIC_RELAXED);

	if (at + size + 48 > sizeof(arena))
		return NULL;
	*(size_t *)(arena + at) = size;
	return arena + at + 16;
}

void free(void *p)
{
	if (p && !is_of_allocator(p))
		__builtin_trap(); /* what any allocator may do with it */
}

void *calloc(size_t count, size_t size)
{
	return malloc(count * size); /* never used before, so all zero */
}

void *realloc(void *old, size_t size)
{
	void *p = malloc(size);
	size_t before = old ? *(size_t *)((char *)old - 16) : 0;

	if (p)
		memcpy(p, old ? old : p, before < size ? before : size);
	return p;
}
