/*
 * The standard streams of picolibc, which leaves them to the system.
 *
 * Standard input is the private input. Standard output and standard error are the same stream:
 * its lines go to whoever runs the program.
 */
#include <stdio.h>

#include "../../sysroot/include/lvm.h"
#include "../../sysroot/include/zkvm_io.h"

static char line[256];
static size_t line_length;
static size_t input_position;

static int flush(FILE *stream)
{
    (void)stream;
    if (line_length > 0) {
        lvm_print(line, line_length);
        line_length = 0;
    }
    return 0;
}

static int put(char character, FILE *stream)
{
    line[line_length++] = character;
    if (character == '\n' || line_length == sizeof line) {
        flush(stream);
    }
    return (unsigned char)character;
}

static int get(FILE *stream)
{
    const uint8_t *input;
    size_t size;
    (void)stream;
    read_input(&input, &size);
    return input_position < size ? input[input_position++] : _FDEV_EOF;
}

static FILE input_stream = FDEV_SETUP_STREAM(NULL, get, NULL, _FDEV_SETUP_READ);
static FILE output_stream = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);

FILE *const stdin = &input_stream;
FILE *const stdout = &output_stream;
FILE *const stderr = &output_stream;

static void __attribute__((destructor)) flush_at_exit(void)
{
    flush(&output_stream);
}
