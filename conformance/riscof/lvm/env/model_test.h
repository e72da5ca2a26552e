/*
 * What the tests of riscv-arch-test, as RISCOF runs them, need to know of this machine.
 *
 * A test ends by the call `halt`, number 93 in a7, with the exit code in a0. It leaves its
 * signature between begin_signature and end_signature. There are no devices and no interrupts, so
 * all other macros are empty.
 */
#ifndef LVM_MODEL_TEST_H
#define LVM_MODEL_TEST_H

/* Nothing is to be set up before the first instruction. */
#define RVMODEL_BOOT

/* Ends the run with exit code 0; whether the test passes is for its signature to say. */
#define RVMODEL_HALT                                                          \
    li a0, 0;                                                                 \
    li a7, 93;                                                                \
    ecall;

/* The signature, in whole words of 32 bits. */
#define RVMODEL_DATA_BEGIN                                                    \
    .balign 16;                                                               \
    .global begin_signature;                                                  \
    begin_signature:

#define RVMODEL_DATA_END                                                      \
    .balign 16;                                                               \
    .global end_signature;                                                    \
    end_signature:

/* Output is not needed: RISCOF compares signatures. */
#define RVMODEL_IO_INIT
#define RVMODEL_IO_WRITE_STR(_R, _STR)
#define RVMODEL_IO_CHECK()
#define RVMODEL_IO_ASSERT_GPR_EQ(_S, _R, _I)
#define RVMODEL_IO_ASSERT_SFPR_EQ(_F, _R, _I)
#define RVMODEL_IO_ASSERT_DFPR_EQ(_D, _R, _I)

/* There are no interrupts. */
#define RVMODEL_SET_MSW_INT
#define RVMODEL_CLEAR_MSW_INT
#define RVMODEL_CLEAR_MTIMER_INT
#define RVMODEL_CLEAR_MEXT_INT

#endif
