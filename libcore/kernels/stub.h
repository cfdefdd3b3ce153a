/* Temporary stand-ins by libm, a lane at a time. */
#include <math.h>
#define STUB1(name, expression) INLINE VEC F(name)(VEC v) { for (int i = 0; i < LANES; i++) { double x = v[i]; v[i] = (REAL)(expression); } return v; }
#define STUB2(name, expression) INLINE VEC F(name)(VEC v, VEC w) { for (int i = 0; i < LANES; i++) { double x = v[i], y = w[i]; v[i] = (REAL)(expression); } return v; }
