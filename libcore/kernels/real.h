/* All that is compiled once per ISA and real type. */
#include "vector.h"

#if REAL_BITS == 32
#include "exponential_f32.h"
#include "table_f32.h"
#include "logarithm_f32.h"
#include "trigonometric_f32.h"
#include "power_f32.h"
#else
#include "logarithm_f64.h"
#include "exponential_f64.h"
#include "erf_f64.h"
#include "trigonometric_f64.h"
#include "power_f64.h"
#endif
#include "activations.h"
#include "elementwise.h"
#include "reduce.h"
#include "standardize.h"
#include "rows.h"
#include "draw.h"
#include "uniform.h"
#if REAL_BITS == 32
#include "exponential_draw_f32.h"
#include "normal_f32.h"
#else
#include "ziggurat_f64.h"
#include "cauchy_f64.h"
#include "gamma_f64.h"
#include "beta_f64.h"
#include "t_f64.h"
#include "geometric_f64.h"
#include "saddle_point_f64.h"
#include "counts_f64.h"
#endif
#include "of_normal.h"
