#define JOIN(a, b) a##b
#define VALUE(name) JOIN(value_, name)

__attribute__((noipa)) int VALUE(NAME)(int x)
{
	return x * 1001 + (x >> 3) * 77777;
}
