/*
 * Arrays handed to Octave without a copy.
 *
 * An Octave array is a counted reference to memory, and its constructor from a pointer adopts the memory. What Octave
 * adopts it frees, which suits small results and is all there is to them. A large one would be unmapped, and the fresh
 * pages of the next cost several times the fill. So a large result stays the core's, pinned: one reference of the array
 * is kept here. While anyone else has one, the memory is theirs, and since the count is above one Octave copies before
 * it writes. When only ours is left, the pointer is taken out of the array again and goes back to the core's pool.
 *
 * Octave does not tell when it lets go; the next call looks. Memory can wait for that unseen, so all pins together hold
 * at most what the pool may keep. What exceeds that is adopted, and freed the moment Octave drops it.
 */
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include <octave/uint8NDArray.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "shim.h"

namespace dgen_octave {

typedef Array<octave_uint8> Bytes;

static constexpr uint64_t ALIGNMENT = 64;
static constexpr uint64_t HUGE_PAGE = UINT64_C(2) << 20;
static constexpr uint64_t PIN_FROM = UINT64_C(64) << 10; /* smaller results cost less than looking after them */
static constexpr size_t SWEEP_AT_ONCE = 256;             /* bounds a call's sweep when very many arrays are alive */

/* One reference of an array over memory of the core. */
class Pin : public Bytes {
public:
    explicit Pin(const dgen_array &memory)
        : Bytes(static_cast<octave_uint8 *>(memory.data), dim_vector(dgen_array_length(&memory), 1)), m_memory(memory)
    {
    }

    bool shared() const { return m_rep->m_count > 1; }
    uint64_t bytes() const { return dgen_array_bytes(&m_memory); }

    /* Leaves the array with nothing to free. */
    ~Pin()
    {
        m_rep->m_data = m_slice_data = nullptr;
        m_rep->m_len = m_slice_len = 0;
        dgen_array_release(&m_memory);
    }

private:
    dgen_array m_memory;
};

/* Never destroyed: at exit Octave may still hold the memory. */
static std::vector<std::unique_ptr<Pin>> &pins = *new std::vector<std::unique_ptr<Pin>>;
static uint64_t pinned_bytes;
static size_t next_to_look_at;

void sweep(size_t at_most)
{
    for (size_t looks = std::min(pins.size(), at_most); looks > 0; looks--) {
        if (next_to_look_at >= pins.size()) next_to_look_at = 0;
        if (pins[next_to_look_at]->shared()) next_to_look_at++;
        else {
            pinned_bytes -= pins[next_to_look_at]->bytes();
            pins[next_to_look_at].swap(pins.back());
            pins.pop_back();
        }
    }
}

static dgen_array allocate_pinnable(uint64_t n_bytes, const dgen_config &placement)
{
    dgen_array memory;
    dgen_error error;
    int64_t length = static_cast<int64_t>(std::min<uint64_t>(n_bytes, INT64_MAX));
    check(dgen_array_alloc(&memory, DGEN_U8, 1, &length, &placement, &error), error);
    return memory;
}

/* Memory that Octave may free, or NULL. malloc may promise what the machine lacks; the core, which knows, is asked
   first. */
static void *allocate_adoptable(uint64_t n_bytes, const dgen_config &placement)
{
    bool large = n_bytes >= PIN_FROM;
    if (large) {
        dgen_array trial = allocate_pinnable(n_bytes, placement);
        dgen_array_release(&trial);
    }
    uint64_t unit = large ? HUGE_PAGE : ALIGNMENT;
    void *data = std::aligned_alloc(unit, (n_bytes / unit + 1) * unit);
#ifdef MADV_HUGEPAGE
    if (large && data) madvise(data, n_bytes / unit * unit, MADV_HUGEPAGE);
#endif
    return data;
}

Column::Column(uint64_t n_bytes, const dgen_config &placement) : m_bytes(n_bytes), m_data(nullptr)
{
    sweep(SWEEP_AT_ONCE);
    m_pin = n_bytes >= PIN_FROM && pinned_bytes + n_bytes <= dgen_pool_cap_get();
    if (!m_pin) m_data = allocate_adoptable(n_bytes, placement);
    if (m_data) return;
    m_pin = true;
    m_memory = allocate_pinnable(n_bytes, placement);
    m_data = m_memory.data;
}

Column::~Column()
{
    if (m_data && m_pin) dgen_array_release(&m_memory);
    else std::free(m_data);
}

octave_value Column::release()
{
    if (!m_pin) {
        dim_vector column(static_cast<octave_idx_type>(m_bytes), 1);
        uint8NDArray adopted(Bytes(static_cast<octave_uint8 *>(m_data), column));
        m_data = nullptr;
        return octave_value(adopted);
    }
    pins.reserve(pins.size() + 1);
    pins.emplace_back(new Pin(m_memory));
    m_data = nullptr;
    pinned_bytes += m_bytes;
    return octave_value(uint8NDArray(*pins.back()));
}

} // namespace dgen_octave
