/*
 * An object of the core as a value of Octave: g.next (n), g.position (), g.size.
 *
 * It is a type of its own rather than a classdef object, because a member call then costs a microsecond or two where
 * classdef takes twenty. It is a handle: copies of the value share one object, which closes with the last of them, or
 * by g.close () before. A member is looked up among the methods, then among the fields of the object's record.
 *
 * A type derives from Handle <State>, and adds what Octave's macros do. A State holds the object and says the rest:
 * noun, what messages call it; methods, up to one without a name; record (fields), of an open one; describe (), in a
 * line.
 */
#ifndef DGEN_OCTAVE_HANDLE_H
#define DGEN_OCTAVE_HANDLE_H

#include <memory>

#include "shim.h"

namespace dgen_octave {

template <typename State>
struct Method {
    const char *name;
    octave_value_list (*call)(State &, const octave_value_list &);
    int least, most; /* arguments */
};

template <typename State>
class Handle : public octave_base_dld_value {
public:
    Handle() : m_state(new State) {}
    explicit Handle(std::shared_ptr<State> state) : m_state(state) {}

    bool is_defined() const { return true; }
    bool isobject() const { return true; } /* the interpreter then hands over .next and (n) together */
    dim_vector dims() const { return dim_vector(1, 1); }

    using octave_base_dld_value::subsref;

    octave_value subsref(const std::string &type, const std::list<octave_value_list> &index)
    {
        octave_value_list values = subsref(type, index, 1);
        return values.length() > 0 ? values(0) : octave_value();
    }

    octave_value_list subsref(const std::string &type, const std::list<octave_value_list> &index, int nargout)
    {
        if (type[0] != '.')
            error_with_id("dgen:wrong-type", "a %s has members, such as g.next (n), not elements", State::noun);
        std::string name = index.front()(0).string_value();
        const Method<State> *method = State::methods;
        while (method->name && name != method->name) method++;
        if (!method->name) return field(name).next_subsref(nargout, type, index);
        bool called = type.size() > 1 && type[1] == '(';
        octave_value_list arguments = called ? *std::next(index.begin()) : octave_value_list();
        if (arguments.length() < method->least || arguments.length() > method->most)
            error_with_id("Octave:invalid-fun-call", "Invalid call to %s", method->name);
        octave_value_list result = method->call(*m_state, arguments);
        if (result.length() == 0 || type.size() == 1U + called) return result;
        return result(0).next_subsref(nargout, type, index, 1 + called);
    }

    bool print_name_tag(std::ostream &os, const std::string &name) const
    {
        os << name << " = ";
        return false;
    }

    void print(std::ostream &os, bool)
    {
        print_raw(os);
        newline(os);
    }

    void print_raw(std::ostream &os, bool = false) const
    {
        indent(os);
        os << m_state->describe();
    }

private:
    octave_value field(const std::string &name) const
    {
        dgen_record record;
        m_state->record(record);
        std::string known;
        for (const Method<State> *method = State::methods; method->name; method++)
            known += std::string(method->name) + ", ";
        for (int i = 0; i < record.count; i++) {
            if (name == record.fields[i].name) return field_value(record.fields[i]);
            known += std::string(i ? ", " : "") + record.fields[i].name;
        }
        error_with_id("dgen:invalid-argument", "\"%s\" is not a member of a %s; the members are %s", name.c_str(),
                      State::noun, known.c_str());
    }

    std::shared_ptr<State> m_state;
};

} // namespace dgen_octave

#endif
