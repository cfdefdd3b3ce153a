## -*- texinfo -*-
## @deftypefn  {} {@var{n} =} dgen_threads ()
## @deftypefnx {} {@var{n} =} dgen_threads (@var{n})
## How many threads a call may use at most; with an argument, set it.
##
## 0 restores the default: the CPUs this process may run on, or
## DGEN_NUM_THREADS, OMP_NUM_THREADS or OMP_THREAD_LIMIT of the environment.
## No number of threads changes a byte.
##
## @example
## @group
## dgen_threads (1);
## x = dgen_generate (1e6, "seed", 42);
## dgen_threads (0);
## @end group
## @end example
## @seealso{dgen_system_info}
## @end deftypefn

function n = dgen_threads (varargin)
  n = __dgen__ ("threads", varargin{:});
endfunction

%!test
%! unwind_protect
%!   assert (dgen_threads (1), 1);
%!   assert (dgen_threads (), 1);
%!   x = dgen_generate (5e6, "seed", 1);
%!   assert (dgen_threads (2), 2);
%!   assert (isequal (dgen_generate (5e6, "seed", 1), x));
%! unwind_protect_cleanup
%!   dgen_threads (0);
%! end_unwind_protect

%!error <n must be> dgen_threads (-1)
%!error <n must be> dgen_threads (1.5)
%!error <n must be> dgen_threads ("two")
%!error <Invalid call to dgen_threads> dgen_threads (1, 2)
