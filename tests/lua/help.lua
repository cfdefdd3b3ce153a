-- The help beside the module, written by hand and made from the registries: it covers every function and method, and its
-- examples run.
local check = require "check"
local dgen = require "dgen"
local test, equal = check.test, check.equal

local folder = assert(package.searchpath("dgen", package.cpath)):match("^(.*)/") .. "/library/"
local text = ""
for _, name in ipairs { "dgen", "quantization", "operations", "distributions" } do
    text = text .. assert(check.contents(folder .. name .. ".lua"))
end

test("help names every function and method, and none that is not there", function()
    local places = {
        dgen = dgen,
        array = dgen.buffer(1),
        generator = dgen.generator { size = 1 },
        sampler = dgen.sampler("normal"),
        quantized = dgen.quantize { 1, 2, 3 },
        packed = dgen.quantize(dgen.array(32), { group = 32 }):repack("onnx"),
    }
    local documented = 0
    for place, name in text:gmatch("\nfunction (%w+)[.:]([%w_]+)") do
        equal(type(places[place][name]), "function", place .. "." .. name)
        documented = documented + 1
    end
    local there = 0
    for _ in pairs(dgen) do there = there + 1 end
    for place, object in pairs(places) do
        if place == "dgen" then goto continue end
        local _, methods = debug.getupvalue(debug.getmetatable(object).__index, 2)
        for _ in pairs(methods) do there = there + 1 end
        ::continue::
    end
    equal(documented, there)
end)

local print_aloud, examples = print, 0
for example, subject in text:gmatch("%-%-%-```lua\n(.-)\n%-%-%-```.-\n(%l[^\n]*)") do
    examples = examples + 1
    test("example of " .. subject, function()
        print = function() end
        local run = assert(load(example:gsub("^%-%-%-", ""):gsub("\n%-%-%-", "\n"), "=example"))
        local ok, message = pcall(run)
        print = print_aloud
        if not ok then error(message, 0) end
    end)
end
test("every function and method has an example, and so have the classes", function()
    local _, functions = text:gsub("\nfunction ", "")
    equal(examples, functions + 6)
end)
