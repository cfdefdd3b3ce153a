## -*- texinfo -*-
## @deftypefn {} {@var{text} =} dgen_version ()
## The version of the library, such as @qcode{"0.1.0"}.
##
## @example
## dgen_version ()
## @end example
## @seealso{dgen_system_info}
## @end deftypefn

function text = dgen_version (varargin)
  text = __dgen__ ("version", varargin{:});
endfunction

%!assert (! isempty (regexp (dgen_version (), '^\d+\.\d+\.\d+$')))
%!error <Invalid call to dgen_version> dgen_version (1)
