## -*- texinfo -*-
## @deftypefn {} {@var{bytes} =} dgen_pool_trim ()
## Give idle memory back to the system, and tell how many bytes.
##
## Memory of large results that are no longer used waits for the next result:
## reused pages are many times faster than fresh ones.
##
## @example
## @group
## x = dgen_generate (2^24);
## clear x
## dgen_pool_trim () >= 2^24
##   @result{} 1
## @end group
## @end example
## @seealso{dgen_pool_cap, dgen_system_info}
## @end deftypefn

function bytes = dgen_pool_trim (varargin)
  bytes = __dgen__ ("pool_trim", varargin{:});
endfunction

%!test
%! x = dgen_generate (2^24);
%! dgen_pool_trim ();
%! assert (dgen_system_info ().pool_bytes, 0);
%! clear x
%! assert (dgen_pool_trim () >= 2^24);
%! assert (dgen_pool_trim (), 0);

%!error <Invalid call to dgen_pool_trim> dgen_pool_trim (1)
