## -*- texinfo -*-
## @deftypefn  {} {@var{bytes} =} dgen_pool_cap ()
## @deftypefnx {} {@var{bytes} =} dgen_pool_cap (@var{bytes})
## How much idle memory is kept for reuse at most; with an argument, set it.
##
## The default is DGEN_POOL_CAP of the environment, else the less of 1 GiB and
## an eighth of the machine's memory.  With 0 all memory is returned at once.
##
## @example
## @group
## dgen_pool_cap (2^28);
## dgen_pool_cap ()
##   @result{} 268435456
## @end group
## @end example
## @seealso{dgen_pool_trim, dgen_system_info}
## @end deftypefn

function bytes = dgen_pool_cap (varargin)
  bytes = __dgen__ ("pool_cap", varargin{:});
endfunction

%!test
%! before = dgen_pool_cap ();
%! unwind_protect
%!   assert (dgen_pool_cap (2^25), 2^25);
%!   x = dgen_generate (2^24);
%!   y = dgen_generate (2^26);  # more than the pool keeps: Octave's own
%!   clear x y
%!   assert (dgen_system_info ().pool_bytes <= 2^25);
%!   assert (dgen_system_info ().pool_bytes >= 2^24);
%!   dgen_pool_cap (0);
%!   assert (dgen_system_info ().pool_bytes, 0);
%!   x = dgen_generate (1e6, "seed", 1);
%!   assert (x(1:100), dgen_generate (100, "seed", 1));
%! unwind_protect_cleanup
%!   dgen_pool_cap (before);
%! end_unwind_protect

%!error <bytes must be> dgen_pool_cap (-1)
%!error <bytes must be> dgen_pool_cap ("all")
