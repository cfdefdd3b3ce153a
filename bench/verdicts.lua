-- Figures with a verdict: what was asked, what was got, whether that is a pass; printed as a table, written as JSON.

local machine, report = require "machine", require "report"
local verdicts = {}
local figures = {}

--- Notes one line of the result. `relation` is ">=" or "<="; number nil: not measured, and `detail` says why.
function verdicts.figure(name, relation, asked, unit, number, detail)
  local pass = number and (relation == ">=" and number >= asked or relation == "<=" and number <= asked)
  figures[#figures + 1] = { name = name, relation = relation, asked = asked, unit = unit, number = number,
    detail = detail or "", verdict = not number and "missing" or pass and "pass" or "short" }
end

--- The records of one kind that a program gave, by name, and why there are none.
function verdicts.by_name(records, kind)
  local found, reason = {}, nil
  for _, record in ipairs(records) do
    if record.kind == kind then found[record.name or 1] = record end
    if record.kind == "missing" or record.kind == "skip" then reason = record.reason end
  end
  return found, reason
end

local function text(number, unit) return (number and report.number(number) or "-") .. " " .. unit end

local function print_figures()
  local lines, met = {}, 0
  for _, f in ipairs(figures) do
    local asked, got = f.relation .. " " .. text(f.asked, f.unit), text(f.number, f.unit)
    lines[#lines + 1] = { f.name, asked, got, f.verdict, f.detail }
    if f.verdict == "pass" then met = met + 1 end
  end
  report.table({ "figure", "asked", "got", "", "of it" }, lines, { figure = true, [""] = true, ["of it"] = true })
  print(("\n%d of %d figures met"):format(met, #figures))
end

local function json_rows()
  local rows = {}
  for i, f in ipairs(figures) do
    rows[i] = { { "figure", f.name }, { "relation", f.relation }, { "asked", f.asked }, { "unit", f.unit },
      { "got", f.number }, { "verdict", f.verdict }, { "detail", f.detail } }
  end
  return rows
end

--- Prints the machine and all figures, and writes them to the file of that name beside the programs.
function verdicts.tell(all, name)
  for _, host in ipairs { "C", "Lua", "R", "Octave", "Python" } do all:measure(host, "about", { 1 }, 1) end
  all:end_progress()
  local fingerprint = machine.fingerprint(all.here, all.abouts)
  for _, pair in ipairs(fingerprint) do print(("%-17s %s"):format(pair[1], pair[2])) end
  print()
  print_figures()
  report.write_json(all.build .. "/bench/" .. name, fingerprint, json_rows())
end

return verdicts
