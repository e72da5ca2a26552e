/* What lvm has beyond the zkVM standards. */
#ifndef LVM_H
#define LVM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Shows length bytes of text to whoever runs the program. It is no part of what is proved.
 * printf and its relatives do the same, with a buffer for each line.
 */
void lvm_print(const char *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
