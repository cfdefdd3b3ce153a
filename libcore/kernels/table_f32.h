/*
 * Functions by table for f32: tanh, erf, the Gaussian error linear unit and softplus.
 *
 * 16 rows, as many as the widest vector has lanes, cut the range into intervals; a row holds the point in its interval
 * around which its polynomial is, and 7 coefficients. That point is where the function's value is closest to an f32 (Gal,
 * 1986), so that the constant term adds no error. Coefficients: Sollya's fpminimax (Brisebarre and Chevillard, 2007) in
 * f32, the constant term held, so that the polynomial's own error is below 2^-27 of the function (2^-25.8 in the row
 * where erf becomes 1).
 *
 * An interval is a quarter octave of |x| + offset, which has its number in the lowest bit of the exponent ... two bits.
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
    for (int i = 0; i < TABLE_COLUMNS_F32; i++)
        column[i] = _mm512_permutexvar_ps((__m512i)index, _mm512_load_ps((*table)[i]));
#elif DGEN_VECTOR_BYTES == 32
    VEC upper = (VEC)(index << 28);
    for (int i = 0; i < TABLE_COLUMNS_F32; i++)
        column[i] = _mm256_blendv_ps(_mm256_permutevar8x32_ps(_mm256_load_ps((*table)[i]), (__m256i)index),
                                     _mm256_permutevar8x32_ps(_mm256_load_ps((*table)[i] + 8), (__m256i)index), upper);
#elif defined(__SSE2__)
    index &= 15;
    for (int i = 0; i < TABLE_COLUMNS_F32; i += 4) {
        for (int j = 0; j < 4; j++) column[i + j] = _mm_load_ps((*table)[index[j]] + i);
        _MM_TRANSPOSE4_PS(column[i], column[i + 1], column[i + 2], column[i + 3]);
    }
#else
    for (int i = 0; i < TABLE_COLUMNS_F32; i++)
        for (int j = 0; j < LANES; j++) column[i][j] = (*table)[index[j] & 15][i];
#endif
}

/* The constant term, and t times the polynomial of the others. */
INLINE VEC F(row_polynomial)(const VEC *c, VEC t)
{
    VEC t2 = t * t;
    return c[0] + t * ((c[1] + t * c[2]) + t2 * ((c[3] + t * c[4]) + t2 * (c[5] + t * c[6])));
}

#define TANH_ROWS(ROW) \
    ROW(0x1.a3d64cp0f, 0x1.dadd7ap-1f, 0x1.1e4e2ap-3f, -0x1.098a04p-3f, 0x1.2db962p-4f, -0x1.9b95fp-6f, 0x1.952e0ap-10f, 0x1.14ee3ap-8f) \
    ROW(0x1.0f002ep1f, 0x1.f1601ep-1f, 0x1.cd4d36p-5f, -0x1.c02012p-5f, 0x1.19915ap-5f, -0x1.f092eap-7f, 0x1.2586e4p-8f, -0x1.15c08ap-11f) \
    ROW(0x1.4f67cp1f, 0x1.fa9adep-1f, 0x1.5776cep-6f, -0x1.53d846p-6f, 0x1.bb8a88p-7f, -0x1.a8a668p-8f, 0x1.376204p-9f, -0x1.4d7ba6p-11f) \
    ROW(0x1.90e64p1f, 0x1.fe0df4p-1f, 0x1.f119ccp-8f, -0x1.ef364cp-8f, 0x1.479dp-8f, -0x1.4295fep-9f, 0x1.f8874cp-11f, -0x1.3de542p-12f) \
    ROW(0x1.ec319p1f, 0x1.ff8838p-1f, 0x1.deea1p-10f, -0x1.de742p-10f, 0x1.3e1c64p-10f, -0x1.3da558p-11f, 0x1.058642p-12f, -0x1.448168p-14f) \
    ROW(0x1.3a13cap2f, 0x1.fff1aep-1f, 0x1.ca3b8cp-13f, -0x1.ca34c2p-13f, 0x1.311b3p-13f, -0x1.30336ep-14f, 0x1.fb09c8p-16f, -0x1.66fd76p-17f) \
    ROW(0x1.75f9f8p2f, 0x1.fffdccp-1f, 0x1.1a00aap-15f, -0x1.19fbeap-15f, 0x1.77a14ap-16f, -0x1.787be4p-17f, 0x1.389ab6p-18f, -0x1.888124p-20f) \
    ROW(0x1.b9ac8cp2f, 0x1.ffffbcp-1f, 0x1.10004ap-18f, -0x1.10076cp-18f, 0x1.6a7292p-19f, -0x1.6942f6p-20f, 0x1.2c4baep-21f, -0x1.ace986p-23f) \
    ROW(0x1.0a2b2cp3f, 0x1.fffffcp-1f, 0x1.003c2ap-22f, -0x1.00352cp-22f, 0x1.50c17cp-23f, -0x1.50c34ep-24f, 0x1.3b028cp-25f, -0x1.a5328p-27f) \
    ROW(0, 0, 0x1.a9f5ep-34f, -0x1.de1e2ap-25f, -0x1.5553f8p-2f, -0x1.75feaep-13f, 0x1.16bbe2p-3f, -0x1.457862p-6f)    \
    ROW(0x1.7daecp-3f, -0x1.16f148p-9f, -0x1.1612c2p-5f, -0x1.6c841cp-3f, -0x1.282a6cp-2f, 0x1.cd403ep-4f, 0x1.8bdc0ep-4f, -0x1.dc0152p-5f) \
    ROW(0x1.421c7ap-2f, -0x1.470962p-7f, -0x1.7bfc36p-4f, -0x1.1af51p-2f, -0x1.bef70cp-3f, 0x1.44d734p-3f, 0x1.6a737ap-5f, -0x1.41de68p-4f) \
    ROW(0x1.fc4f1p-2f, 0x1.d64cdcp-2f, 0x1.940036p-1f, -0x1.7318d2p-2f, -0x1.8b99bp-4f, 0x1.5232a2p-3f, -0x1.a1fdbap-6f, -0x1.983b32p-5f) \
    ROW(0x1.815292p-1f, 0x1.45fbe6p-1f, 0x1.30733ap-1f, -0x1.83addap-2f, 0x1.5ed74ep-5f, 0x1.953418p-4f, -0x1.033c2ep-4f, -0x1.d1e3b2p-11f) \
    ROW(0x1.feb3a6p-1f, 0x1.8563d2p-1f, 0x1.afb77cp-2f, -0x1.485512p-2f, 0x1.a735cp-4f, 0x1.cf9b8ap-6f, -0x1.7e40fap-5f, 0x1.380442p-6f) \
    ROW(0x1.3dcd64p0f, 0x1.b11466p-1f, 0x1.2359fep-2f, -0x1.ece27ep-3f, 0x1.bd5858p-4f, -0x1.80046p-7f, -0x1.4708dp-6f, 0x1.cc764cp-7f)
#define ERF_ROWS(ROW) \
    ROW(0x1.ed2b5p0f, 0x1.fcb3a8p-1f, 0x1.c3fd68p-6f, -0x1.b35eaep-5f, 0x1.e3ebacp-5f, -0x1.40c6e6p-5f, 0x1.89a466p-7f, 0x1.326424p-9f) \
    ROW(0x1.38171ap1f, 0x1.ffb604p-1f, 0x1.8364fap-9f, -0x1.d84532p-8f, 0x1.5f833ap-7f, -0x1.5df066p-7f, 0x1.d9fc9ap-8f, -0x1.81ee9ap-9f) \
    ROW(0x1.77d4e6p1f, 0x1.fffbbp-1f, 0x1.aa8f5ap-13f, -0x1.39197ap-11f, 0x1.204066p-10f, -0x1.7375fp-10f, 0x1.6b09dep-10f, -0x1.ee818cp-11f) \
    ROW(0x1.b97c5ep1f, 0x1.ffffdcp-1f, 0x1.02191ap-17f, -0x1.bd302cp-16f, 0x1.e82248p-15f, -0x1.7e8e9ap-14f, 0x1.eb6becp-14f, -0x1.da7c92p-14f) \
    ROW(0x1.fee148p1f, 0x1p0f, 0x1.2367ccp-23f, -0x1.fb66f2p-19f, 0x1.7cf1c8p-20f, 0x1.7df774p-14f, 0x1.09f53ep-18f, -0x1.659326p-11f) \
    ROW(0, 0, 0x1.06eba8p-3f, 0x1.4cd64ap-22f, -0x1.812e8ap-2f, 0x1.08543p-10f, 0x1.8cc804p-4f, 0x1.706c0ep-4f)        \
    ROW(0x1.7869aep-4f, 0x1.790c24p-7f, 0x1.e6f92p-4f, -0x1.a52a1ep-4f, -0x1.7776ccp-2f, 0x1.a2ea1ep-5f, 0x1.bbd0ap-4f, -0x1.dbf618p-6f) \
    ROW(0x1.3f98cp-3f, 0x1.30fcc8p-6f, 0x1.9ea598p-4f, -0x1.5ff33cp-3f, -0x1.659764p-2f, 0x1.5a41d4p-4f, 0x1.b9c486p-4f, -0x1.21c418p-5f) \
    ROW(0x1.f790b4p-3f, 0x1.ab356ap-6f, 0x1.fd6374p-5f, -0x1.0b7054p-2f, -0x1.3eb7fcp-2f, 0x1.00ac68p-3f, 0x1.4b743ep-4f, -0x1.514e1ap-5f) \
    ROW(0x1.7afd78p-2f, 0x1.de7b8cp-6f, -0x1.073d5cp-6f, -0x1.74e6a4p-2f, -0x1.e7ae5cp-3f, 0x1.52df46p-3f, 0x1.810acp-5f, -0x1.ac54cap-5f) \
    ROW(0x1.022d84p-1f, 0x1.0c67dap-1f, 0x1.c004d2p-1f, -0x1.c3d486p-2f, -0x1.25925ap-3f, 0x1.775032p-3f, 0x1.6fe414p-8f, -0x1.da3eecp-5f) \
    ROW(0x1.3e8f6ep-1f, 0x1.3dff88p-1f, 0x1.8848fep-1f, -0x1.e82678p-2f, -0x1.d873ecp-5f, 0x1.6a4feap-3f, -0x1.8a45a6p-6f, -0x1.dd5accp-5f) \
    ROW(0x1.a03374p-1f, 0x1.7fd7bep-1f, 0x1.2a5d0ep-1f, -0x1.e5133p-2f, 0x1.ffbe9ap-5f, 0x1.0f63a2p-3f, -0x1.f8326ap-5f, -0x1.323b1ap-6f) \
    ROW(0x1.10fc36p0f, 0x1.bca66p-1f, 0x1.729c9cp-2f, -0x1.8b338cp-2f, 0x1.3ad2b2p-3f, 0x1.7e9a94p-5f, -0x1.0db216p-4f, 0x1.466b98p-7f) \
    ROW(0x1.517c5ep0f, 0x1.e01e0ep-1f, 0x1.9674c4p-3f, -0x1.0bea92p-2f, 0x1.4f7052p-3f, -0x1.5421f4p-6f, -0x1.383984p-5f, 0x1.745da6p-6f) \
    ROW(0x1.90494p0f, 0x1.f22afcp-1f, 0x1.90dfd6p-4f, -0x1.396838p-3f, 0x1.03e392p-3f, -0x1.8add2p-5f, -0x1.0864a8p-7f, 0x1.16eaf4p-6f)
#define GELU_ROWS(ROW) \
    ROW(0x1.411c2ap0f, 0x1.d79e24p-3f, -0x1.c2eef2p-4f, 0x1.799d16p-5f, -0x1.1d7794p-6f, 0x1.8d17dp-8f, -0x1.03d226p-9f, 0x1.41319ap-11f) \
    ROW(0x1.bcf052p0f, 0x1.7d31a8p-3f, -0x1.35015ep-4f, 0x1.c2a5bcp-6f, -0x1.2dd724p-7f, 0x1.78ab92p-9f, -0x1.be83a4p-11f, 0x1.ece742p-13f) \
    ROW(0x1.208f1p1f, 0x1.3a3434p-3f, -0x1.b2d01p-5f, 0x1.1496b4p-6f, -0x1.481e5cp-8f, 0x1.6e9dcp-10f, -0x1.8788fap-12f, 0x1.8febfap-14f) \
    ROW(0x1.620852p1f, 0x1.0a7274p-3f, -0x1.404b3p-5f, 0x1.67ca1ap-7f, -0x1.7d6022p-9f, 0x1.805812p-11f, -0x1.75b756p-13f, 0x1.4c20fep-15f) \
    ROW(0x1.c0feaap1f, 0x1.b2bd84p-4f, -0x1.b4643ap-6f, 0x1.a0664ap-8f, -0x1.7bdfb4p-10f, 0x1.4cdb38p-12f, -0x1.1e3c6ep-14f, 0x1.dafe08p-17f) \
    ROW(0x1.225ed8p2f, 0x1.58bebcp-4f, -0x1.17c896p-6f, 0x1.b65ddp-9f, -0x1.4c8096p-11f, 0x1.e9631cp-14f, -0x1.6291a6p-16f, 0x1.062312p-18f) \
    ROW(0x1.5de994p2f, 0x1.21be52p-4f, -0x1.8f6ff8p-7f, 0x1.0c246p-9f, -0x1.5f39b4p-12f, 0x1.c19e78p-15f, -0x1.1c731p-17f, 0x1.55d3aap-20f) \
    ROW(0x1.a25ed8p2f, 0x1.e8faf6p-5f, -0x1.1e9b82p-7f, 0x1.496dd8p-10f, -0x1.73a2a4p-13f, 0x1.9bf828p-16f, -0x1.c59c66p-19f, 0x1.d9a11cp-22f) \
    ROW(0x1.fc1608p2f, 0x1.956bb6p-5f, -0x1.8c80b2p-8f, 0x1.7e5f2cp-11f, -0x1.6bc062p-14f, 0x1.55d46p-17f, -0x1.439cf6p-20f, 0x1.1c4506p-23f) \
    ROW(0x1.3de4fep3f, 0x1.45bdbap-5f, -0x1.0140f2p-8f, 0x1.928ceep-12f, -0x1.38136ep-15f, 0x1.dfc2d8p-19f, -0x1.736f84p-22f, 0x1.11b17ap-25f) \
    ROW(0x1.81454cp3f, 0x1.0d9c78p-5f, -0x1.6183c8p-9f, 0x1.cc83fep-13f, -0x1.2a06e2p-16f, 0x1.7f4668p-20f, -0x1.ef728cp-24f, 0x1.41a93ep-27f) \
    ROW(0x1.c03fe2p3f, 0x1.d04622p-6f, -0x1.0683f6p-9f, 0x1.276c0ep-13f, -0x1.4adc04p-17f, 0x1.70bb1cp-21f, -0x1.9a9514p-25f, 0x1.d0d46cp-29f) \
    ROW(0x1.f8df06p-4f, 0x1.d14b78p-2f, -0x1.5f2a34p-2f, 0x1.a602a8p-3f, -0x1.b18b1ep-4f, 0x1.8b49e6p-5f, -0x1.47deccp-6f, 0x1.f4fca8p-8f) \
    ROW(0x1.7ba644p-2f, 0x1.85d578p-2f, -0x1.07fc46p-2f, 0x1.23f6p-3f, -0x1.17ce0ep-4f, 0x1.e0121ep-6f, -0x1.7df022p-7f, 0x1.29cb64p-8f) \
    ROW(0x1.42629ep-1f, 0x1.4a2e0ep-2f, -0x1.913b88p-3f, 0x1.97b86p-4f, -0x1.6bd1cp-5f, 0x1.253918p-6f, -0x1.b626d2p-8f, 0x1.19f0fap-9f) \
    ROW(0x1.c48b38p-1f, 0x1.1d171p-2f, -0x1.3910e4p-3f, 0x1.25781ap-4f, -0x1.e8ff7ap-6f, 0x1.72b7e4p-7f, -0x1.02cc1ap-8f, 0x1.88f68ep-10f)
#define SOFTPLUS_ROWS(ROW) \
    ROW(0, 0, 0, -0x1.fffffep-2f, 0x1.55528cp-2f, -0x1.fe6402p-3f, 0x1.710e18p-3f, 0)                                  \
    ROW(0x1.81f18ap-4f, -0x1.11d96p-8f, -0x1.60b5aap-4f, -0x1.ab9e7cp-2f, 0x1.04877ap-2f, -0x1.656056p-3f, 0x1.083332p-3f, 0) \
    ROW(0x1.41d30ep-3f, -0x1.6ea15ep-7f, -0x1.161edp-3f, -0x1.7e61cep-2f, 0x1.b8975ep-3f, -0x1.1dbe5ep-3f, 0x1.a0a7dcp-4f, 0) \
    ROW(0x1.bfc5fcp-3f, -0x1.567f68p-6f, -0x1.6f6feap-3f, -0x1.58c31ap-2f, 0x1.793c94p-3f, -0x1.d099e2p-4f, 0x1.046edap-4f, 0) \
    ROW(0x1.1f68bcp-2f, 0x1.faa55ap-3f, 0x1.8fca3p-1f, -0x1.382c1ep-2f, 0x1.45363p-3f, -0x1.778eccp-4f, -0x1.211aa2p-5f, 0) \
    ROW(0x1.5f7488p-2f, 0x1.2e265cp-2f, 0x1.7d2c96p-1f, -0x1.1bc6e6p-2f, 0x1.19d95p-3f, -0x1.3a0bdcp-4f, -0x1.424216p-6f, 0) \
    ROW(0x1.a0e6e8p-2f, 0x1.5dc002p-2f, 0x1.6bdc68p-1f, -0x1.02955ep-2f, 0x1.ea7bd4p-4f, -0x1.0653d4p-4f, -0x1.b5260cp-5f, 0) \
    ROW(0x1.dd8c2cp-2f, 0x1.87f76ap-2f, 0x1.5d2a44p-1f, -0x1.dc3c44p-3f, 0x1.b10b6ep-4f, -0x1.bb17d4p-5f, 0x1.c22f3ap-6f, 0) \
    ROW(0x1.0f92c6p-1f, 0x1.b3c0c4p-2f, 0x1.4e8ca6p-1f, -0x1.b53354p-3f, 0x1.7d119cp-4f, -0x1.74ef98p-5f, -0x1.a9495ep-8f, 0) \
    ROW(0x1.2efcp-1f, 0x1.dc0026p-2f, 0x1.41a7bep-1f, -0x1.94262ep-3f, 0x1.52a4aep-4f, -0x1.3d2734p-5f, -0x1.e60224p-9f, 0) \
    ROW(0x1.4ff9dap-1f, 0x1.025174p-1f, 0x1.35240ep-1f, -0x1.75500ep-3f, 0x1.2c4d54p-4f, -0x1.10568ap-5f, 0x1.05a546p-4f, 0) \
    ROW(0x1.709782p-1f, 0x1.15a45cp-1f, 0x1.29b0d2p-1f, -0x1.5a2bc8p-3f, 0x1.0c511ep-4f, -0x1.d319a6p-6f, 0x1.79f7c6p-6f, 0) \
    ROW(0x1.8ef864p-1f, 0x1.2701cep-1f, 0x1.1fc376p-1f, -0x1.43779ap-3f, 0x1.e3f3bcp-5f, -0x1.a5111cp-6f, 0x1.98fc8p-4f, 0) \
    ROW(0x1.af91f4p-1f, 0x1.39025ap-1f, 0x1.15d24ap-1f, -0x1.2d80aep-3f, 0x1.b35fccp-5f, -0x1.67747cp-6f, 0x1.9d3864p-4f, 0) \
    ROW(0x1.d02a32p-1f, 0x1.4a65a8p-1f, 0x1.0c8b78p-1f, -0x1.19b448p-3f, 0x1.8acc98p-5f, -0x1.379fe4p-6f, -0x1.27e63cp-4f, 0) \
    ROW(0x1.efcb4ep-1f, 0x1.5ab94p-1f, 0x1.041ddap-1f, -0x1.084cacp-3f, 0x1.6632ep-5f, -0x1.1011f8p-6f, -0x1.bc5b38p-8f, 0)
ALIGNED_TABLE F(tanh_table) = TABLE(TANH_ROWS);
ALIGNED_TABLE F(erf_table) = TABLE(ERF_ROWS);
ALIGNED_TABLE F(gelu_table) = TABLE(GELU_ROWS);
ALIGNED_TABLE F(softplus_table) = TABLE(SOFTPLUS_ROWS);

/* An odd function, constant from `limit` on. Below offset + |x| = near the rows hold what it is more than |x|. */
INLINE VEC F(odd_by_table)(VEC x, const F(table) *table, float limit, float offset, float near)
{
    VEC a = F(lesser)(F(absolute)(x), F(constant)(limit)), u = a + F(constant)(offset), row[TABLE_COLUMNS_F32];
    F(look_up)(row, table, (INT)((UINT)u >> 21));
    VEC base = F(select)(F(less)(u, F(constant)(near)), a, F(constant)(0));
    return F(with_sign)(base + F(row_polynomial)(row + 1, a - row[0]), x);
}

INLINE VEC F(hyperbolic_tangent)(VEC x) { return F(odd_by_table)(x, &F(tanh_table), 9.25f, 0.625f, 1); }
INLINE VEC F(error_function)(VEC x) { return F(odd_by_table)(x, &F(erf_table), 4.25f, 0.3125f, 0.75f); }

/* x Phi (x) = x - |x| Phi (-|x|) where x > 0. Phi (-a) = e^(-a^2 / 2) G (a), G by table; a^2 in two parts, of which the
   first is the exact square of 12 bits. */
INLINE VEC F(gaussian_linear)(VEC x)
{
    VEC a = F(lesser)(F(absolute)(x), F(constant)(14.99f)), row[TABLE_COLUMNS_F32];
    F(look_up)(row, &F(gelu_table), (INT)((UINT)(a + F(constant)(1)) >> 21));
    VEC product = a * F(row_polynomial)(row + 1, a - row[0]);
    VEC a_high = (VEC)((INT)a & F(integers)(~0xfff)), half = F(constant)(-0.5f);
    F(reduced) r = F(reduce_exponent_of_sum)(half * a_high * a_high, half * (a - a_high) * (a + a_high));
    VEC u = r.high + F(exponential_rest)(r), tail = F(scale)(product + product * u, r.scaled);
    return F(select)(F(less)(x, F(constant)(0)), -tail, x - tail);
}

/* ln (1 + e^x) = max (x, 0) + ln (1 + e), e = e^-|x| in 16 equal intervals: the first bits of the sum 1 + e. */
INLINE VEC F(softplus)(VEC x)
{
    F(reduced) r = F(reduce_exponent)(-F(lesser)(F(absolute)(x), LARGEST_EXPONENT_F32));
    VEC e = F(scale)(F(constant)(1) + (r.high + F(exponential_rest)(r)), r.scaled), c[TABLE_COLUMNS_F32];
    VEC sum = F(constant)(1) + F(lesser)(e, F(constant)(0x1.fffffcp-1f));
    F(look_up)(c, &F(softplus_table), (INT)((UINT)sum >> 19));
    VEC t = e - c[0], t2 = t * t, base = F(select)(F(less)(sum, F(constant)(1.25f)), e, F(constant)(0));
    VEC logarithm = base + (c[1] + t * ((c[2] + t * c[3]) + t2 * ((c[4] + t * c[5]) + t2 * c[6])));
    return F(greater)(x, F(constant)(0)) + logarithm;
}
