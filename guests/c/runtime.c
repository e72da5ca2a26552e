/*
 * Uses what a C program finds besides the zkVM standards: an allocator of its own between
 * _heap_start and _heap_end, atomic objects, thread-local variables, formatted input and output,
 * floating-point numbers, functions to be called at exit.
 *
 * The private input has two numbers. Ends with exit code 7 after printing what it found.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern char _heap_start[], _heap_end[];
static char *next = _heap_start;

void *malloc(size_t size)
{
    char *object = next;
    size_t room = (size_t)(_heap_end - next);
    size = (size + 15) & ~(size_t)15;
    if (size > room) {
        return NULL;
    }
    next += size;
    return object;
}

void free(void *object)
{
    (void)object;
}

static atomic_int counter;
static _Atomic uint64_t large;
static _Thread_local int with_value = 42;
static _Thread_local long zeroed;

static void at_exit(void)
{
    printf("at exit: %d\n", with_value);
}

int main(void)
{
    atexit(at_exit);
    char *object = malloc(100);
    int own = object >= _heap_start && object < _heap_end;

    uint64_t expected = 5;
    counter++;
    atomic_fetch_add(&large, 5);
    atomic_compare_exchange_strong(&large, &expected, 9);
    with_value++;
    zeroed += with_value;

    int first, second;
    int count = scanf("%d %d", &first, &second);
    if (count != 2) {
        abort();
    }
    printf("own memory: %d\n", own);
    printf("atomic: %d %d\n", (int)counter, (int)large);
    printf("thread-local: %d %ld\n", with_value, zeroed);
    printf("input: %d %d, root %.6f\n", first, second, sqrt(first));
    fprintf(stderr, "no line end, ");
    free(object);
    exit(7);
}
