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
#include <cstring>
#include <memory>
#include <vector>

#include <octave/dNDArray.h>
#include <octave/fNDArray.h>
#include <octave/int16NDArray.h>
#include <octave/int32NDArray.h>
#include <octave/int64NDArray.h>
#include <octave/int8NDArray.h>
#include <octave/uint16NDArray.h>
#include <octave/uint32NDArray.h>
#include <octave/uint8NDArray.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "shim.h"

namespace dgen_octave {

static constexpr uint64_t ALIGNMENT = 64;
static constexpr uint64_t HUGE_PAGE = UINT64_C(2) << 20;
static constexpr uint64_t PIN_FROM = UINT64_C(64) << 10; /* smaller results cost less than looking after them */
static constexpr size_t SWEEP_AT_ONCE = 256;             /* bounds a call's sweep when very many arrays are alive */

/* Memory that arrays of Octave refer to. `bytes` count against the cap; those of other programs' memory do not. */
class Pin {
public:
    Pin(const dgen_array &memory, uint64_t bytes) : m_memory(memory), m_bytes(bytes) {}
    virtual ~Pin() { dgen_array_release(&m_memory); }
    Pin(const Pin &) = delete;
    Pin &operator=(const Pin &) = delete;
    virtual bool shared() const = 0;
    uint64_t bytes() const { return m_bytes; }

private:
    dgen_array m_memory;
    uint64_t m_bytes;
};

/* The reference that is kept here. */
template <typename Element>
class PinnedArray : public Pin, public Array<Element> {
public:
    PinnedArray(const dgen_array &memory, uint64_t bytes, const dim_vector &dims)
        : Pin(memory, bytes), Array<Element>(static_cast<Element *>(memory.data), dims)
    {
    }

    bool shared() const override { return this->m_rep->m_count > 1; }

    /* Leaves the array with nothing to free. */
    ~PinnedArray()
    {
        this->m_rep->m_data = this->m_slice_data = nullptr;
        this->m_rep->m_len = this->m_slice_len = 0;
    }
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

static bool may_pin(uint64_t bytes) { return bytes >= PIN_FROM && pinned_bytes + bytes <= dgen_pool_cap_get(); }

static dgen_array allocate_pinnable(uint64_t n_bytes, const dgen_config *placement)
{
    dgen_array memory;
    dgen_error error;
    int64_t length = static_cast<int64_t>(n_bytes);
    check(dgen_array_alloc(&memory, DGEN_U8, 1, &length, placement, &error), error);
    return memory;
}

/* Memory that Octave may free, or NULL. malloc may promise what the machine lacks; the core, which knows, is asked
   first. */
static void *allocate_adoptable(uint64_t n_bytes, const dgen_config *placement)
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

Result::Result(dgen_dtype dtype, const dim_vector &dims, const dgen_config *placement)
    : m_dtype(dtype), m_dims(dims), m_bytes(static_cast<uint64_t>(dims.numel()) * dgen_dtype_bytes(dtype)),
      m_data(nullptr)
{
    sweep(SWEEP_AT_ONCE);
    m_pin = may_pin(m_bytes);
    if (!m_pin) m_data = allocate_adoptable(m_bytes, placement);
    if (m_data) return;
    m_pin = true;
    m_memory = allocate_pinnable(m_bytes, placement);
    m_data = m_memory.data;
}

Result::~Result()
{
    if (m_data && m_pin) dgen_array_release(&m_memory);
    else std::free(m_data);
}

/* Returns act (Of <Values> ()) of Octave's arrays for a type. */
template <typename Values>
struct Of {
    typedef Values type;
};

template <typename Act>
static octave_value of_type(dgen_dtype dtype, Act act)
{
    switch (dtype) {
    case DGEN_I8: return act(Of<int8NDArray>());
    case DGEN_I16: return act(Of<int16NDArray>());
    case DGEN_I32: return act(Of<int32NDArray>());
    case DGEN_I64: return act(Of<int64NDArray>());
    case DGEN_U16:
    case DGEN_F16:
    case DGEN_BF16: return act(Of<uint16NDArray>());
    case DGEN_U32: return act(Of<uint32NDArray>());
    case DGEN_F32: return act(Of<FloatNDArray>());
    case DGEN_F64: return act(Of<NDArray>());
    default: return act(Of<uint8NDArray>());
    }
}

/* Takes the memory over. */
static octave_value pin(dgen_array *memory, uint64_t bytes, dgen_dtype dtype, const dim_vector &dims)
{
    return of_type(dtype, [&](auto of) {
        typedef typename decltype(of)::type Values;
        pins.reserve(pins.size() + 1);
        auto *pin = new PinnedArray<typename Values::element_type>(*memory, bytes, dims);
        pins.emplace_back(pin);
        memory->release = nullptr;
        pinned_bytes += bytes;
        return octave_value(Values(*pin));
    });
}

octave_value Result::release()
{
    if (m_pin) {
        octave_value pinned = pin(&m_memory, m_bytes, m_dtype, m_dims);
        m_data = nullptr;
        return pinned;
    }
    return of_type(m_dtype, [&](auto of) {
        typedef typename decltype(of)::type Values;
        typedef typename Values::element_type Element;
        Values adopted(Array<Element>(static_cast<Element *>(m_data), m_dims));
        m_data = nullptr;
        return octave_value(adopted);
    });
}

octave_value hand_over(dgen_array *array, const dim_vector &dims)
{
    uint64_t bytes = dgen_array_bytes(array);
    sweep(SWEEP_AT_ONCE);
    if (may_pin(bytes)) return pin(array, bytes, array->dtype, dims);
    Result copy(array->dtype, dims, nullptr);
    std::memcpy(copy.data(), array->data, bytes);
    dgen_array_release(array);
    return copy.release();
}

octave_value lend(dgen_array *array, const dim_vector &dims) { return pin(array, 0, array->dtype, dims); }

} // namespace dgen_octave
