/* Random numbers: one stream a program, which depends on the seed and the program's name alone.
 * A process number or an address in it would make it vary by what is not random. */

#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define GAMMA 0x9e3779b97f4a7c15ULL
#define BLOCK (1 << 20)

static volatile uint64_t drawn;
static struct stat device; /* the file that stands for /dev/urandom, once it was opened */

/* Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t mixed(uint64_t number)
{
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ULL;
    number = (number ^ number >> 27) * 0x94d049bb133111ebULL;
    return number ^ number >> 31;
}

static uint64_t next(void)
{
    static uint64_t beginning;
    if (!beginning) {
        uint64_t name = 0xcbf29ce484222325ULL;
        for (const char *at = program_invocation_short_name; *at; at++)
            name = (name ^ (unsigned char)*at) * 0x100000001b3ULL;
        beginning = mixed(conf()->random_seed ^ name) | 1;
    }
    return mixed(beginning + __atomic_add_fetch(&drawn, GAMMA, __ATOMIC_RELAXED));
}

void draw(void *buffer, size_t size)
{
    called(RANDOM);
    for (char *at = buffer; size;) {
        uint64_t number = next();
        size_t part = size < sizeof number ? size : sizeof number;
        memcpy(at, &number, part);
        at += part;
        size -= part;
    }
}

EXPORTED ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
    if (!conf()->random) return NEXT(getrandom)(buffer, size, flags);
    draw(buffer, size);
    return size;
}

EXPORTED int getentropy(void *buffer, size_t size)
{
    if (!conf()->random || size > 256) return NEXT(getentropy)(buffer, size);
    draw(buffer, size);
    return 0;
}

EXPORTED uint32_t arc4random(void)
{
    uint32_t number;
    if (!conf()->random) return NEXT(arc4random)();
    draw(&number, sizeof number);
    return number;
}

EXPORTED void arc4random_buf(void *buffer, size_t size)
{
    if (!conf()->random) NEXT(arc4random_buf)(buffer, size);
    else draw(buffer, size);
}

EXPORTED uint32_t arc4random_uniform(uint32_t bound)
{
    if (!conf()->random) return NEXT(arc4random_uniform)(bound);
    return bound ? (uint32_t)((uint64_t)arc4random() * bound >> 32) : 0;
}

static void append_block(int file)
{
    static char block[BLOCK];
    draw(block, sizeof block);
    off_t end = lseek(file, 0, SEEK_CUR);
    if (pwrite(file, block, sizeof block, end) < 0) return;
}

static void uuid(char *text)
{
    uint8_t one[16];
    draw(one, sizeof one);
    one[6] = (one[6] & 0x0f) | 0x40;
    one[8] = (one[8] & 0x3f) | 0x80;
    for (int at = 0; at < 16; at++)
        text += sprintf(text, at == 4 || at == 6 || at == 8 || at == 10 ? "-%02x" : "%02x", one[at]);
    strcpy(text, "\n");
}

static int holding(const char *content, int flags)
{
    int file = memfd_create("harness", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
    if (file >= 0 && pwrite(file, content, strlen(content), 0) < 0) {
        close(file);
        return -1;
    }
    return file;
}

static int random_device(int flags)
{
    int file = holding("", flags);
    if (file < 0) return -1;
    append_block(file);
    fstat(file, &device);
    return file;
}

int replaced(const char *path, int flags)
{
    const struct conf *set = conf();
    char text[256];
    if (!path || !set->present || (strncmp(path, "/dev/", 5) && strncmp(path, "/proc/", 6)))
        return -1;
    int told = without_traces(path, flags);
    if (told >= 0) return told;
    if (set->random) {
        if (!strcmp(path, "/dev/urandom") || !strcmp(path, "/dev/random"))
            return random_device(flags);
        if (!strcmp(path, "/proc/sys/kernel/random/uuid")) {
            uuid(text);
            return holding(text, flags);
        }
    }
    if (*set->host && !strcmp(path, "/proc/sys/kernel/hostname")) {
        called(HOST);
        snprintf(text, sizeof text, "%s\n", set->host);
        return holding(text, flags);
    }
    if (*set->release && !strcmp(path, "/proc/sys/kernel/osrelease")) {
        called(HOST);
        snprintf(text, sizeof text, "%s\n", set->release);
        return holding(text, flags);
    }
    if (*set->release && !strcmp(path, "/proc/version")) {
        called(HOST);
        snprintf(text, sizeof text, "Linux version %s (%s) #1\n", set->release, set->host);
        return holding(text, flags);
    }
    return -1;
}

/* More of /dev/urandom where the file that stands for it ends. */
EXPORTED ssize_t read(int file, void *buffer, size_t size)
{
    ssize_t got = NEXT(read)(file, buffer, size);
    struct stat status;
    if (got || !size || !device.st_ino) return got;
    int saved = errno;
    if (!fstat(file, &status) && status.st_ino == device.st_ino && status.st_dev == device.st_dev) {
        append_block(file);
        got = NEXT(read)(file, buffer, size);
    }
    errno = saved;
    return got;
}
