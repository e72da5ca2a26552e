/*
 * Input, output and the end of a run, as the zkVM standards define them.
 *
 * A run ends when main returns: 0 is success, any other value is a failure.
 */
#ifndef ZKVM_IO_H
#define ZKVM_IO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sets *buf_ptr and *buf_size to the private input, which must not be written to. Every call gives
 * the whole input. The pointer means nothing when the size is 0.
 */
void read_input(const uint8_t **buf_ptr, size_t *buf_size);

/*
 * Appends size bytes at output to the public output. A run can have 1 MiB of it; the machine traps
 * when it would have more.
 */
void write_output(const uint8_t *output, size_t size);

/* Ends the run as a failure, with exit code 101. */
void abort(void) __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif

#endif
