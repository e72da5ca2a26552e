/*
 * What the self-checking tests of ACT4 need to know of this machine.
 *
 * A test ends by the call `halt`, number 93 in a7, with the exit code in a0: 0 if it passes and 1
 * if not. There are no CSRs, no devices and no interrupts, so all other macros are empty.
 */
#ifndef LVM_RVMODEL_MACROS_H
#define LVM_RVMODEL_MACROS_H

#define RVMODEL_DATA_SECTION
#define RVMODEL_BOOT
/* Empty where there are no CSRs to boot with. */
#define RVMODEL_BOOT_TO_MMODE

#define RVMODEL_HALT_PASS                                                     \
    li a0, 0;                                                                 \
    li a7, 93;                                                                \
    ecall;

#define RVMODEL_HALT_FAIL                                                     \
    li a0, 1;                                                                 \
    li a7, 93;                                                                \
    ecall;

#define RVMODEL_IO_INIT(_R1, _R2, _R3)

/* What a failing test has to say is not shown; its exit code is. */
#define RVMODEL_IO_WRITE_STR(_R1, _R2, _R3, _STR_PTR)

#define RVMODEL_ACCESS_FAULT_ADDRESS 0x0
#define RVMODEL_INTERRUPT_LATENCY 0
#define RVMODEL_TIMER_INT_SOON_DELAY 0
#define RVMODEL_SET_MEXT_INT(_R1, _R2)
#define RVMODEL_CLR_MEXT_INT(_R1, _R2)
#define RVMODEL_SET_MSW_INT(_R1, _R2)
#define RVMODEL_CLR_MSW_INT(_R1, _R2)
#define RVMODEL_SET_SEXT_INT(_R1, _R2)
#define RVMODEL_CLR_SEXT_INT(_R1, _R2)
#define RVMODEL_SET_SSW_INT(_R1, _R2)
#define RVMODEL_CLR_SSW_INT(_R1, _R2)

#endif
