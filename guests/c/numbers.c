/*
 * Sorts the decimal numbers in the private input and commits what they are.
 *
 * Public output: how many they are and their sum modulo 2^64, both with 8 bytes; CRC-32 of the
 * sorted numbers with 4 bytes; their Keccak-256 and SHA-256. All numbers are little-endian. A
 * number that is none, or has more than 64 bits, ends the run with exit code 2.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zkvm_accelerators.h>
#include <zkvm_io.h>

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* CRC-32 as Ethernet and zlib have it, by a table of 256 entries. */
static uint32_t crc32(const uint8_t *bytes, size_t length)
{
    static uint32_t table[256];
    if (table[1] == 0) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t entry = byte;
            for (int bit = 0; bit < 8; bit++) {
                entry = (entry >> 1) ^ (0xEDB88320u & -(entry & 1));
            }
            table[byte] = entry;
        }
    }
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < length; i++) {
        crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xFF];
    }
    return ~crc;
}

/* The numbers in a text, in memory of their own; null when there is one that is none. */
static uint64_t *parse(const char *text, size_t *count)
{
    size_t capacity = 4;
    uint64_t *numbers = malloc(capacity * sizeof *numbers);
    *count = 0;
    while (numbers != NULL) {
        while (isspace((unsigned char)*text)) {
            text++;
        }
        if (*text == '\0') {
            break;
        }
        char *end;
        errno = 0;
        uint64_t number = strtoull(text, &end, 10);
        if (end == text || errno != 0) {
            printf("no number of 64 bits: %.20s (%s)\n", text, strerror(errno));
            free(numbers);
            return NULL;
        }
        text = end;
        if (*count == capacity) {
            capacity *= 2;
            numbers = realloc(numbers, capacity * sizeof *numbers);
        }
        if (numbers != NULL) {
            numbers[(*count)++] = number;
        }
    }
    return numbers;
}

int main(void)
{
    const uint8_t *input;
    size_t length;
    read_input(&input, &length);
    char *text = malloc(length + 1);
    if (text == NULL) {
        return 1;
    }
    memcpy(text, input, length);
    text[length] = '\0';

    size_t count;
    uint64_t *numbers = parse(text, &count);
    if (numbers == NULL) {
        return 2;
    }
    qsort(numbers, count, sizeof *numbers, ascending);
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += numbers[i];
    }

    const uint8_t *bytes = (const uint8_t *)numbers;
    size_t size = count * sizeof *numbers;
    uint64_t count_64 = count;
    uint32_t crc = crc32(bytes, size);
    zkvm_keccak256_hash keccak;
    zkvm_sha256_hash sha;
    if (zkvm_keccak256(bytes, size, &keccak) != ZKVM_EOK
        || zkvm_sha256(bytes, size, &sha) != ZKVM_EOK) {
        return 3;
    }
    write_output((const uint8_t *)&count_64, sizeof count_64);
    write_output((const uint8_t *)&sum, sizeof sum);
    write_output((const uint8_t *)&crc, sizeof crc);
    write_output((const uint8_t *)&keccak, sizeof keccak);
    write_output((const uint8_t *)&sha, sizeof sha);
    printf("%zu numbers, sum %" PRIu64 ", CRC-32 %08" PRIx32 "\n", count, sum, crc);
    free(numbers);
    free(text);
    return 0;
}
