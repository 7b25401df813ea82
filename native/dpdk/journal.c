/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MAGIC 0x316c6e724a746657ull /* "WftJrnl1" */
#define VERSION 2u
#define HEAD_BYTES 4096u
/* A snapshot is due when this much, and twice the last snapshot, was appended behind it. */
#define APPENDED_BYTES_MIN (4u << 20)

struct weftd_journal_head {
	uint64_t magic;
	uint32_t version;
	uint16_t abi_major, abi_minor;
	uint64_t area_bytes;
	uint32_t live;	     /* the area that counts */
	uint32_t incomplete; /* a message did not fit */
	struct {
		uint64_t used, snapshot;
	} areas[2];
};

size_t weftd_journal_file_bytes(size_t area_bytes)
{
	return HEAD_BYTES + 2 * area_bytes;
}

int weftd_journal_open(struct weftd_journal *journal, int fd)
{
	struct stat status;
	void *memory;

	if (fstat(fd, &status))
		return -errno;
	if (status.st_size <= (off_t)HEAD_BYTES)
		return -EINVAL;
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	*journal = (struct weftd_journal){.head = memory, .fd = fd};
	journal->area_bytes = ((uint64_t)status.st_size - HEAD_BYTES) / 2;
	journal->areas[0] = (uint8_t *)memory + HEAD_BYTES;
	journal->areas[1] = journal->areas[0] + journal->area_bytes;
	return 0;
}

void weftd_journal_close(struct weftd_journal *journal)
{
	if (journal->head)
		munmap(journal->head, weftd_journal_file_bytes(journal->area_bytes));
	journal->head = NULL;
}

bool weftd_journal_fits(const struct weftd_journal *journal)
{
	const struct weftd_journal_head *head = journal->head;

	return head->magic == MAGIC && head->version == VERSION && head->abi_major == WEFT_ABI_MAJOR &&
	       head->abi_minor == WEFT_ABI_MINOR && head->area_bytes == journal->area_bytes && head->live < 2 &&
	       head->areas[head->live].used <= journal->area_bytes && !head->incomplete;
}

/* Gives an area's memory back. Without it (no such file system) the pages are written over later. */
static void release(struct weftd_journal *journal, uint32_t area)
{
	(void)fallocate(journal->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)(HEAD_BYTES + area * journal->area_bytes), (off_t)journal->area_bytes);
}

void weftd_journal_reset(struct weftd_journal *journal)
{
	struct weftd_journal_head *head = journal->head;

	__atomic_store_n(&head->magic, 0, __ATOMIC_RELEASE);
	release(journal, 0);
	release(journal, 1);
	*head = (struct weftd_journal_head){
	    .version = VERSION, .abi_major = WEFT_ABI_MAJOR, .abi_minor = WEFT_ABI_MINOR, .area_bytes = journal->area_bytes};
	__atomic_store_n(&head->magic, MAGIC, __ATOMIC_RELEASE);
}

/* Tells a record from what a stray write made of it. `bytes` is a multiple of 8. */
static uint32_t check_of(const uint8_t *message, uint32_t bytes)
{
	uint64_t sum = bytes, word;
	uint32_t at;

	for (at = 0; at + sizeof(word) <= bytes; at += sizeof(word)) {
		memcpy(&word, message + at, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15ull;
		sum ^= sum >> 29;
	}
	return (uint32_t)(sum ^ sum >> 32);
}

/* Writes a record behind `used` bytes of an area; returns the new end, 0: no room. */
static uint64_t put(struct weftd_journal *journal, uint32_t area, uint64_t used, const void *message, uint32_t bytes)
{
	struct weft_frame_header header = {(uint32_t)sizeof(header) + bytes, check_of(message, bytes), 1, 0};

	if (journal->area_bytes - used < header.bytes)
		return 0;
	memcpy(journal->areas[area] + used, &header, sizeof(header));
	memcpy(journal->areas[area] + used + sizeof(header), message, bytes);
	return used + header.bytes;
}

bool weftd_journal_append(struct weftd_journal *journal, const void *message, uint32_t bytes)
{
	struct weftd_journal_head *head = journal->head;
	uint64_t end = put(journal, head->live, head->areas[head->live].used, message, bytes);

	if (end && !head->incomplete)
		__atomic_store_n(&head->areas[head->live].used, end, __ATOMIC_RELEASE);
	else
		__atomic_store_n(&head->incomplete, 1, __ATOMIC_RELEASE);
	return !head->incomplete;
}

const struct weft_frame_header *weftd_journal_next(const struct weftd_journal *journal, uint64_t *at)
{
	const struct weftd_journal_head *head = journal->head;
	uint64_t used = __atomic_load_n(&head->areas[head->live].used, __ATOMIC_ACQUIRE);
	const uint8_t *record = journal->areas[head->live] + *at;
	struct weft_frame_header header;
	struct weft_message_header message;

	if (*at > used || used - *at < sizeof(header) + sizeof(message))
		return NULL;
	memcpy(&header, record, sizeof(header));
	memcpy(&message, record + sizeof(header), sizeof(message));
	if (header.bytes > used - *at || header.bytes % 8 || header.message_count != 1 || header.zero0 ||
	    header.bytes != sizeof(header) + message.bytes || message.bytes < sizeof(message) ||
	    header.sequence != check_of(record + sizeof(header), message.bytes))
		return NULL;
	*at += header.bytes;
	return (const struct weft_frame_header *)record;
}

uint64_t weftd_journal_used(const struct weftd_journal *journal)
{
	return journal->head->areas[journal->head->live].used;
}

bool weftd_journal_due(const struct weftd_journal *journal)
{
	const struct weftd_journal_head *head = journal->head;
	uint64_t snapshot = head->areas[head->live].snapshot, appended = head->areas[head->live].used - snapshot;

	return head->incomplete || (appended > APPENDED_BYTES_MIN && appended > 2 * snapshot);
}

void weftd_journal_snapshot_begin(struct weftd_journal *journal)
{
	journal->snapshot_used = 0;
}

bool weftd_journal_snapshot_add(struct weftd_journal *journal, const void *message, uint32_t bytes)
{
	uint64_t end = put(journal, 1 - journal->head->live, journal->snapshot_used, message, bytes);

	journal->snapshot_used = end ? end : journal->snapshot_used;
	return end != 0;
}

void weftd_journal_snapshot_commit(struct weftd_journal *journal)
{
	struct weftd_journal_head *head = journal->head;
	uint32_t before = head->live, after = 1 - before;

	head->areas[after].used = head->areas[after].snapshot = journal->snapshot_used;
	__atomic_store_n(&head->live, after, __ATOMIC_RELEASE);
	__atomic_store_n(&head->incomplete, 0, __ATOMIC_RELEASE);
	release(journal, before);
}

void weftd_journal_snapshot_abort(struct weftd_journal *journal)
{
	release(journal, 1 - journal->head->live);
}
