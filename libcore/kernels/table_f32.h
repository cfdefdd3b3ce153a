/*
 * Functions by table for f32: tanh, erf, the Gaussian error linear unit and softplus.
 *
 * 16 rows, as many as the widest vector has lanes, each for an interval of a = |x|: the point c in it about which its
 * polynomial is, and the coefficients. c is near the middle, where the value and the slope are closest to an f32 (Gal,
 * 1986), so that the first two coefficients add no error. The others: Sollya's fpminimax (Brisebarre and Chevillard, 2007)
 * in f32 with those held, degree 6 (softplus: 5), to an error below 2^-27 of the function (2^-25.8 in the row where erf
 * becomes 1). Where a function is nearly a, rows hold what it is more than a, which is exact. c = 0 in the row at 0.
 *
 * Intervals are quarters of an octave of a + offset, 4 octaves in all: the number of one is in the last two bits of the
 * exponent and the first two of the fraction, and the table is rotated to suit.
 */

/* A row as the macros below take it. Registers look up columns; where only memory can be indexed, rows are loaded. */
enum { TABLE_ROWS_F32 = 16, TABLE_COLUMNS_F32 = 8 };
#if DGEN_VECTOR_BYTES > 16
typedef float F(table)[TABLE_COLUMNS_F32][TABLE_ROWS_F32];
#define COLUMN_0(a, b, c, d, e, f, g, h) a,
#define COLUMN_1(a, b, c, d, e, f, g, h) b,
#define COLUMN_2(a, b, c, d, e, f, g, h) c,
#define COLUMN_3(a, b, c, d, e, f, g, h) d,
#define COLUMN_4(a, b, c, d, e, f, g, h) e,
#define COLUMN_5(a, b, c, d, e, f, g, h) f,
#define COLUMN_6(a, b, c, d, e, f, g, h) g,
#define COLUMN_7(a, b, c, d, e, f, g, h) h,
#define TABLE(ROWS)                                                                                            \
    {                                                                                                          \
        { ROWS(COLUMN_0) }, { ROWS(COLUMN_1) }, { ROWS(COLUMN_2) }, { ROWS(COLUMN_3) }, { ROWS(COLUMN_4) },    \
            { ROWS(COLUMN_5) }, { ROWS(COLUMN_6) }, { ROWS(COLUMN_7) },                                        \
    }
#else
typedef float F(table)[TABLE_ROWS_F32][TABLE_COLUMNS_F32];
#define WHOLE_ROW(...) { __VA_ARGS__ },
#define TABLE(ROWS) { ROWS(WHOLE_ROW) }
#endif
#define ALIGNED_TABLE __attribute__((aligned(64), unused)) static const F(table)

/* The rows of which the last 4 bits of index are the number. */
INLINE void F(look_up)(VEC column[TABLE_COLUMNS_F32], const F(table) *table, INT index)
{
#if DGEN_VECTOR_BYTES == 64
    UNROLLED for (int i = 0; i < TABLE_COLUMNS_F32; i++)
        column[i] = _mm512_permutexvar_ps((__m512i)index, _mm512_load_ps((*table)[i]));
#elif DGEN_VECTOR_BYTES == 32
    VEC upper = (VEC)(index << 28);
    UNROLLED for (int i = 0; i < TABLE_COLUMNS_F32; i++)
        column[i] = _mm256_blendv_ps(_mm256_permutevar8x32_ps(_mm256_load_ps((*table)[i]), (__m256i)index),
                                     _mm256_permutevar8x32_ps(_mm256_load_ps((*table)[i] + 8), (__m256i)index), upper);
#elif defined(__SSE2__)
    index &= 15;
    UNROLLED for (int i = 0; i < TABLE_COLUMNS_F32; i += 4) {
        UNROLLED for (int j = 0; j < 4; j++) column[i + j] = _mm_load_ps((*table)[index[j]] + i);
        _MM_TRANSPOSE4_PS(column[i], column[i + 1], column[i + 2], column[i + 3]);
    }
#else
    UNROLLED for (int i = 0; i < TABLE_COLUMNS_F32; i++)
        for (int j = 0; j < LANES; j++) column[i][j] = (*table)[index[j] & 15][i];
#endif
}

/* x + y where near, else x */
INLINE VEC F(add_where)(MASK near, VEC x, VEC y)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(mask_add)(x, near, x, y);
#else
    return x + (VEC)(near & (INT)y);
#endif
}

/* c0 + c1 t + c2 t^2 + ... + c6 t^6 */
INLINE VEC F(row_polynomial)(const VEC *c, VEC t)
{
    VEC t2 = t * t;
    return c[0] + (t * c[1] + t2 * ((c[2] + t * c[3]) + t2 * ((c[4] + t * c[5]) + t2 * c[6])));
}

#define TANH_ROWS(ROW) \
    ROW(0x1.a4defap0f, 0x1.db2734p-1f, 0x1.1c2afep-3f, -0x1.07b76ep-3f,        \
        0x1.2c0d58p-4f, -0x1.9b03ecp-6f, 0x1.b8516cp-10f, 0x1.14e384p-8f)      \
    ROW(0x1.0d77fcp1f, 0x1.f106bep-1f, 0x1.d8269p-5f, -0x1.ca5788p-5f,         \
        0x1.1f8f32p-5f, -0x1.f9794ep-7f, 0x1.287bb6p-8f, -0x1.0eefdap-11f)     \
    ROW(0x1.50759cp1f, 0x1.fab15p-1f, 0x1.51e95p-6f, -0x1.4e6916p-6f,          \
        0x1.b49b4cp-7f, -0x1.a200dap-8f, 0x1.32cffep-9f, -0x1.633a7ep-11f)     \
    ROW(0x1.912ec4p1f, 0x1.fe1026p-1f, 0x1.eee9e4p-8f, -0x1.ed0a84p-8f,        \
        0x1.463212p-8f, -0x1.413a6ep-9f, 0x1.f5c1e4p-11f, -0x1.3c381ap-12f)    \
    ROW(0x1.f510f2p1f, 0x1.ff97b8p-1f, 0x1.a0f594p-10f, -0x1.a0a7bp-10f,       \
        0x1.1529bep-10f, -0x1.136a4p-11f, 0x1.c591e8p-13f, -0x1.437536p-14f)   \
    ROW(0x1.392e9cp2f, 0x1.fff146p-1f, 0x1.d7394cp-13f, -0x1.d730d8p-13f,      \
        0x1.39da1ap-13f, -0x1.392f44p-14f, 0x1.03c2ep-15f, -0x1.67f30cp-17f)   \
    ROW(0x1.777c64p2f, 0x1.fffde6p-1f, 0x1.0d0138p-15f, -0x1.0d384p-15f,       \
        0x1.668c44p-16f, -0x1.5e4934p-17f, 0x1.26da74p-18f, -0x1.1298d6p-19f)  \
    ROW(0x1.b9aee4p2f, 0x1.ffffbcp-1f, 0x1.0fec5ep-18f, -0x1.0d788p-18f,       \
        0x1.6a757ap-19f, -0x1.c7c432p-20f, 0x1.29e1cp-21f, 0x1.58c55ap-21f)    \
    ROW(0x1.0a2fc8p3f, 0x1.fffffcp-1f, 0x1.ff6b9p-23f, -0x1.fb1a96p-23f,       \
        0x1.5346eep-23f, -0x1.67fd7cp-24f, 0x1.2eda0cp-25f, -0x1.29cf4ap-27f)  \
    ROW(0, 0, 0x1.a9f5ep-34f, -0x1.de1e2ap-25f,                                \
        -0x1.5553f8p-2f, -0x1.75feaep-13f, 0x1.16bbe2p-3f, -0x1.457862p-6f)    \
    ROW(0x1.85828cp-3f, -0x1.284a34p-9f, -0x1.215278p-5f, -0x1.73499p-3f,      \
        -0x1.2663d6p-2f, 0x1.d4d3f2p-4f, 0x1.877eb6p-4f, -0x1.ec8b88p-5f)      \
    ROW(0x1.3fee1p-2f, -0x1.409a28p-7f, -0x1.772ce6p-4f, -0x1.19864cp-2f,      \
        -0x1.c1bb5ep-3f, 0x1.43bdaap-3f, 0x1.74fd1ap-5f, -0x1.16b972p-4f)      \
    ROW(0x1.fcb438p-2f, 0x1.d69caap-2f, 0x1.93db8cp-1f, -0x1.73362p-2f,        \
        -0x1.8a8f3ep-4f, 0x1.522108p-3f, -0x1.a35aaap-6f, -0x1.9cd278p-5f)     \
    ROW(0x1.7ea1e6p-1f, 0x1.446106p-1f, 0x1.327d22p-1f, -0x1.845a8cp-2f,       \
        0x1.4db66p-5f, 0x1.9c1bb2p-4f, -0x1.042ebcp-4f, -0x1.aa91dap-10f)      \
    ROW(0x1.fb857cp-1f, 0x1.840af2p-1f, 0x1.b3ced2p-2f, -0x1.4a4c1cp-2f,       \
        0x1.a43eep-4f, 0x1.e81a32p-6f, -0x1.831278p-5f, 0x1.1ff84ep-6f)        \
    ROW(0x1.412e74p0f, 0x1.b2fb32p-1f, 0x1.1ce754p-2f, -0x1.e417cap-3f,        \
        0x1.baac9ep-4f, -0x1.aa596p-7f, -0x1.354078p-6f, 0x1.dc6c26p-7f)
#define ERF_ROWS(ROW) \
    ROW(0x1.eccf86p0f, 0x1.fcae94p-1f, 0x1.c66fb2p-6f, -0x1.b56802p-5f,        \
        0x1.e5ad08p-5f, -0x1.417878p-5f, 0x1.8b12acp-7f, 0x1.2ee732p-9f)       \
    ROW(0x1.390534p1f, 0x1.ffb8c8p-1f, 0x1.75e328p-9f, -0x1.c92ad8p-8f,        \
        0x1.557b18p-7f, -0x1.555e9p-7f, 0x1.d13832p-8f, -0x1.835598p-9f)       \
    ROW(0x1.777f34p1f, 0x1.fffb9ep-1f, 0x1.b121e4p-13f, -0x1.3da236p-11f,      \
        0x1.24552p-10f, -0x1.7881b4p-10f, 0x1.6cee7p-10f, -0x1.e9918p-11f)     \
    ROW(0x1.b7976cp1f, 0x1.ffffd8p-1f, 0x1.1db672p-17f, -0x1.ed3caep-16f,      \
        0x1.0c97a2p-14f, -0x1.8baf82p-14f, 0x1.04c2ccp-13f, -0x1.6426fp-13f)   \
    ROW(0x1.fee13cp1f, 0x1p0f, 0x1.24722p-23f, -0x1.fb3434p-19f,               \
        0x1.756354p-20f, 0x1.7d98fp-14f, 0x1.1eec04p-18f, -0x1.650ee2p-11f)    \
    ROW(0, 0, 0x1.06eba8p-3f, 0x1.4cd64ap-22f,                                 \
        -0x1.812e8ap-2f, 0x1.08543p-10f, 0x1.8cc804p-4f, 0x1.706c0ep-4f)       \
    ROW(0x1.872f2ap-4f, 0x1.870d6cp-7f, 0x1.e3e07cp-4f, -0x1.b5656cp-4f,       \
        -0x1.76b1acp-2f, 0x1.b1b888p-5f, 0x1.b81dcp-4f, 0x1.b5e45ep-5f)        \
    ROW(0x1.446baap-3f, 0x1.34e0dep-6f, 0x1.9b4e9ep-4f, -0x1.64ff9cp-3f,       \
        -0x1.64c21ap-2f, 0x1.622282p-4f, 0x1.9499bp-4f, -0x1.f2146ep-2f)       \
    ROW(0x1.04c8fcp-2f, 0x1.b3d4bep-6f, 0x1.d72e62p-5f, -0x1.13c8e6p-2f,       \
        -0x1.3a247p-2f, 0x1.07e544p-3f, 0x1.429cc2p-4f, -0x1.680c64p-5f)       \
    ROW(0x1.7e8326p-2f, 0x1.dd81a4p-6f, -0x1.306c1cp-6f, -0x1.7767acp-2f,      \
        -0x1.e301bep-3f, 0x1.54619p-3f, 0x1.777404p-5f, -0x1.52a908p-5f)       \
    ROW(0x1.ff1d5p-2f, 0x1.0a1b5p-1f, 0x1.c2535ap-1f, -0x1.c18cb4p-2f,         \
        -0x1.2d4124p-3f, 0x1.7aadc8p-3f, 0x1.f0e0aep-8f, -0x1.6e3a02p-2f)      \
    ROW(0x1.4196acp-1f, 0x1.404f52p-1f, 0x1.856516p-1f, -0x1.e92856p-2f,       \
        -0x1.b62534p-5f, 0x1.659bep-3f, -0x1.ccc4ep-6f, 0x1.6c5d3cp-3f)        \
    ROW(0x1.a3ae0ap-1f, 0x1.81dbdcp-1f, 0x1.271276p-1f, -0x1.e3bbbep-2f,       \
        0x1.0e7ea4p-4f, 0x1.0b00e4p-3f, -0x1.fd619ep-5f, -0x1.1aeed2p-6f)      \
    ROW(0x1.0d8314p0f, 0x1.ba196ap-1f, 0x1.7d6bf2p-2f, -0x1.918dcap-2f,        \
        0x1.35619p-3f, 0x1.a3935cp-5f, -0x1.10ef6cp-4f, 0x1.33c13ep-7f)        \
    ROW(0x1.501f34p0f, 0x1.df927cp-1f, 0x1.9c31cp-3f, -0x1.0e99cp-2f,          \
        0x1.50531p-3f, -0x1.435644p-6f, -0x1.3e7ea8p-5f, 0x1.74777ap-6f)       \
    ROW(0x1.8f403cp0f, 0x1.f1f6c8p-1f, 0x1.95f828p-4f, -0x1.3c91c4p-3f,        \
        0x1.057b5ap-3f, -0x1.89999cp-5f, -0x1.14e03ap-7f, 0x1.1deac8p-6f)
#define GELU_ROWS(ROW) \
    ROW(0x1.40812ap0f, 0x1.d826cap-3f, -0x1.c3d3e2p-4f, 0x1.7aa0bap-5f,        \
        -0x1.1e690ep-6f, 0x1.8eadap-8f, -0x1.04beccp-9f, 0x1.3e1532p-11f)      \
    ROW(0x1.c2400ap0f, 0x1.7a0332p-3f, -0x1.3060f2p-4f, 0x1.b95fbep-6f,        \
        -0x1.262684p-7f, 0x1.6d4e2p-9f, -0x1.ae014p-11f, 0x1.eb737ep-13f)      \
    ROW(0x1.1de68ep1f, 0x1.3c79f6p-3f, -0x1.b89c3ap-5f, 0x1.19c25ep-6f,        \
        -0x1.4fd77cp-8f, 0x1.78e97p-10f, -0x1.9376c4p-12f, 0x1.927af6p-14f)    \
    ROW(0x1.5d7caap1f, 0x1.0d51bcp-3f, -0x1.46c5fcp-5f, 0x1.7221cap-7f,        \
        -0x1.8b543ap-9f, 0x1.9106cep-11f, -0x1.867568p-13f, 0x1.73f01p-15f)    \
    ROW(0x1.bd7246p1f, 0x1.b5c8eap-4f, -0x1.ba37e4p-6f, 0x1.a86516p-8f,        \
        -0x1.8540e6p-10f, 0x1.56ecf2p-12f, -0x1.277c16p-14f, 0x1.db0ddap-17f)  \
    ROW(0x1.1ec44p2f, 0x1.5cba48p-4f, -0x1.1e0e1p-6f, 0x1.c4b474p-9f,          \
        -0x1.5aa4dep-11f, 0x1.01967ap-13f, -0x1.7848bep-16f, 0x1.038fd2p-18f)  \
    ROW(0x1.5eda3p2f, 0x1.210312p-4f, -0x1.8d79bcp-7f, 0x1.0a3736p-9f,         \
        -0x1.5bf3fp-12f, 0x1.bd3cfep-15f, -0x1.176bdep-17f, 0x1.133446p-20f)   \
    ROW(0x1.9f9bd4p2f, 0x1.ec1772p-5f, -0x1.2231bp-7f, 0x1.4f83e8p-10f,        \
        -0x1.7caa7ap-13f, 0x1.a8a324p-16f, -0x1.d3349ap-19f, 0x1.b5b802p-22f)  \
    ROW(0x1.ff8b16p2f, 0x1.92c2bep-5f, -0x1.87635ap-8f, 0x1.77188p-11f,        \
        -0x1.62aebcp-14f, 0x1.4b174ap-17f, -0x1.37417ap-20f, 0x1.1c852ap-23f)  \
    ROW(0x1.413392p3f, 0x1.427384p-5f, -0x1.f842ecp-9f, 0x1.86b12p-12f,        \
        -0x1.2bff1cp-15f, 0x1.c8a95cp-19f, -0x1.5d2d84p-22f, 0x1.0b34dp-25f)   \
    ROW(0x1.7dd5aep3f, 0x1.10012ap-5f, -0x1.67c6f8p-9f, 0x1.d8b94cp-13f,       \
        -0x1.348ce4p-16f, 0x1.911738p-20f, -0x1.0393d6p-23f, 0x1.006954p-27f)  \
    ROW(0x1.c225ccp3f, 0x1.ce55ecp-6f, -0x1.0456b2p-9f, 0x1.23c5d2p-13f,       \
        -0x1.457098p-17f, 0x1.692adp-21f, -0x1.91b038p-25f, 0x1.d1d4fap-29f)   \
    ROW(0x1.ef9b58p-4f, 0x1.d21714p-2f, -0x1.601efcp-2f, 0x1.a77bd8p-3f,       \
        -0x1.b3557p-4f, 0x1.8d824ap-5f, -0x1.49c0c6p-6f, 0x1.7b87f2p-8f)       \
    ROW(0x1.818d3ep-2f, 0x1.84512ep-2f, -0x1.064f3ep-2f, 0x1.218ddap-3f,       \
        -0x1.15109ap-4f, 0x1.da02f6p-6f, -0x1.7489a6p-7f, 0x1.929d1p-8f)       \
    ROW(0x1.3ca028p-1f, 0x1.4c731cp-2f, -0x1.95da94p-3f, 0x1.9deab8p-4f,       \
        -0x1.727df2p-5f, 0x1.2a8396p-6f, -0x1.bd83dcp-8f, 0x1.198992p-8f)      \
    ROW(0x1.c2bd14p-1f, 0x1.1da496p-2f, -0x1.3a1a5ep-3f, 0x1.26c3d2p-4f,       \
        -0x1.eb9c9cp-6f, 0x1.7604b8p-7f, -0x1.068d4ap-8f, 0x1.0df682p-12f)
#define SOFTPLUS_ROWS(ROW) \
    ROW(0, 0, 0, -0x1.fffffep-2f,                                              \
        0x1.55528cp-2f, -0x1.fe6402p-3f, 0x1.710e18p-3f, 0)                    \
    ROW(0x1.7f79f8p-4f, -0x1.0e75c2p-8f, -0x1.5ea5e4p-4f, -0x1.ac1716p-2f,     \
        0x1.04f64p-2f, -0x1.664838p-3f, 0x1.05929cp-3f, 0)                     \
    ROW(0x1.40b738p-3f, -0x1.6c399p-7f, -0x1.154abcp-3f, -0x1.7ebd76p-2f,      \
        0x1.b939eap-3f, -0x1.1e4e7cp-3f, 0x1.873036p-4f, 0)                    \
    ROW(0x1.bbeff2p-3f, -0x1.5102d8p-6f, -0x1.6cd9ap-3f, -0x1.59d30cp-2f,      \
        0x1.7af456p-3f, -0x1.d36d24p-4f, 0x1.331e82p-4f, 0)                    \
    ROW(0x1.21c80cp-2f, 0x1.fe58ecp-3f, 0x1.8f1162p-1f, -0x1.370b84p-2f,       \
        0x1.434168p-3f, -0x1.7b625cp-4f, 0x1.bee954p-5f, 0)                    \
    ROW(0x1.60330cp-2f, 0x1.2eb428p-2f, 0x1.7cf7d2p-1f, -0x1.1b785ep-2f,       \
        0x1.193b7cp-3f, -0x1.395acap-4f, 0x1.7551eep-5f, 0)                    \
    ROW(0x1.9fdd1cp-2f, 0x1.5d030cp-2f, 0x1.6c1f94p-1f, -0x1.02f476p-2f,       \
        0x1.eb1a44p-4f, -0x1.0d2d68p-4f, 0x1.32a5cp-5f, 0)                     \
    ROW(0x1.e1a82cp-2f, 0x1.8ac3dcp-2f, 0x1.5c364ep-1f, -0x1.d9a4dp-3f,        \
        0x1.ad7746p-4f, -0x1.a3d0f8p-5f, 0x1.69b866p-5f, 0)                    \
    ROW(0x1.10014ep-1f, 0x1.b4512cp-2f, 0x1.4e5d7cp-1f, -0x1.b4b94ap-3f,       \
        0x1.7c4548p-4f, -0x1.611608p-5f, 0x1.845f26p-6f, 0)                    \
    ROW(0x1.301526p-1f, 0x1.dd612ap-2f, 0x1.4138eep-1f, -0x1.93104ap-3f,       \
        0x1.512b5ap-4f, -0x1.35d948p-5f, 0x1.41816ap-6f, 0)                    \
    ROW(0x1.4feecap-1f, 0x1.024ac6p-1f, 0x1.352816p-1f, -0x1.755718p-3f,       \
        0x1.2c93c6p-4f, -0x1.3b8544p-5f, 0x1.358b04p-6f, 0)                    \
    ROW(0x1.6ec702p-1f, 0x1.149602p-1f, 0x1.2a4e2cp-1f, -0x1.5b994p-3f,        \
        0x1.0dffe4p-4f, -0x1.f43f28p-6f, 0x1.dca74ap-6f, 0)                    \
    ROW(0x1.90de16p-1f, 0x1.28128p-1f, 0x1.1f2a5ap-1f, -0x1.421d08p-3f,        \
        0x1.e1eff2p-5f, -0x1.f67ff6p-6f, -0x1.ccd84ep-6f, 0)                   \
    ROW(0x1.b12772p-1f, 0x1.39de32p-1f, 0x1.155b18p-1f, -0x1.2c8064p-3f,       \
        0x1.b1f004p-5f, -0x1.196e82p-6f, 0x1.80a8fcp-5f, 0)                    \
    ROW(0x1.d06a76p-1f, 0x1.4a875cp-1f, 0x1.0c79ccp-1f, -0x1.19906cp-3f,       \
        0x1.89b0ccp-5f, -0x1.0fa69ep-6f, 0x1.db2b5ap-7f, 0)                    \
    ROW(0x1.efd21ep-1f, 0x1.5abcb6p-1f, 0x1.041c18p-1f, -0x1.0847cp-3f,        \
        0x1.660922p-5f, -0x1.3b63f4p-6f, 0x1.33b70ap-7f, 0)
ALIGNED_TABLE F(tanh_table) = TABLE(TANH_ROWS);
ALIGNED_TABLE F(erf_table) = TABLE(ERF_ROWS);
ALIGNED_TABLE F(gelu_table) = TABLE(GELU_ROWS);
ALIGNED_TABLE F(softplus_table) = TABLE(SOFTPLUS_ROWS);
#undef TABLE

/* An odd function, constant from |x| = end on. Rows below |x| + offset = near hold what it is more than |x|. */
INLINE VEC F(odd_by_table)(VEC x, const F(table) *table, REAL end, REAL offset, REAL near)
{
    VEC a = F(clamped_magnitude)(x, end), u = a + F(constant)(offset), row[TABLE_COLUMNS_F32];
    F(look_up)(row, table, (INT)((UINT)u >> 21));
    VEC value = F(row_polynomial)(row + 1, a - row[0]);
    return F(with_sign)(F(add_where)(F(less)(u, F(constant)(near)), value, a), x);
}

INLINE VEC F(hyperbolic_tangent)(VEC x) { return F(odd_by_table)(x, &F(tanh_table), 9.25f, 0.625f, 1); }
INLINE VEC F(error_function)(VEC x) { return F(odd_by_table)(x, &F(erf_table), 4.25f, 0.3125f, 0.75f); }

/* x Phi (x) = x - |x| Phi (-|x|) where x > 0. Phi (-a) = e^(-a^2 / 2) G (a), G by table; a^2 in two parts, of which the
   first is the exact square of 12 bits. */
INLINE VEC F(gaussian_linear)(VEC x)
{
    VEC a = F(clamped_magnitude)(x, 14.99f), row[TABLE_COLUMNS_F32];
    F(look_up)(row, &F(gelu_table), (INT)((UINT)(a + F(constant)(1)) >> 21));
    VEC product = a * F(row_polynomial)(row + 1, a - row[0]);
    VEC a_high = (VEC)((INT)a & F(integers)(~0xfff)), half = F(constant)(-0.5f);
    F(reduced) r = F(reduce_exponent_of_sum)(half * a_high * a_high, half * (a - a_high) * (a + a_high), 1);
    VEC tail = F(scale)(product + product * F(exponential_of_rest)(r), r.scaled);
    return F(greater)(F(constant)(-0.0f), x) - tail;
}

/* ln (1 + e^x) = max (x, 0) + ln (1 + e), e = e^-|x| in 16 equal intervals: the first bits of the sum 1 + e. Rows below
   e = 1 / 4 hold what the logarithm is more than e. */
INLINE VEC F(softplus)(VEC x)
{
    VEC minus = F(greater)(F(constant)(-EXPONENT_END_F32), (VEC)((INT)x | SIGN_BIT));
    F(reduced) r = F(reduce_exponent)(minus, 1);
    VEC e = F(scale)(F(constant)(1) + F(exponential_of_rest)(r), r.scaled), row[TABLE_COLUMNS_F32];
    VEC sum = F(constant)(1) + F(lesser)(e, F(constant)(0x1.fffffcp-1f));
    F(look_up)(row, &F(softplus_table), (INT)((UINT)sum >> 19));
    VEC *c = row + 1, t = e - row[0], t2 = t * t;
    VEC rest = c[0] + (t * c[1] + t2 * ((c[2] + t * c[3]) + t2 * (c[4] + t * c[5])));
    return F(greater)(x, F(constant)(0)) + F(add_where)(F(less)(sum, F(constant)(1.25f)), rest, e);
}
