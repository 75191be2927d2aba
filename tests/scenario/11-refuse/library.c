int library_function(int value)
{
	return value * 3 + 1;
}
