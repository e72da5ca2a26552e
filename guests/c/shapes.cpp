/*
 * What a C++ guest relies on besides C: constructors before main, destructors after it in reverse
 * order, virtual functions, new and delete, static variables of functions.
 *
 * The public output is the order in which these happen, a letter for each.
 */
#include <stddef.h>
#include <stdint.h>

#include <zkvm_io.h>

static void commit(char letter)
{
    uint8_t byte = static_cast<uint8_t>(letter);
    write_output(&byte, 1);
}

namespace {

class Traced {
public:
    explicit Traced(char name) : name(name) { commit(name); }
    ~Traced() { commit(static_cast<char>(name + ('A' - 'a'))); }

private:
    char name;
};

Traced first('a');
Traced second('b');

class Shape {
public:
    virtual ~Shape() {}
    virtual uint64_t area() const = 0;
};

class Square final : public Shape {
public:
    explicit Square(uint64_t side) : side(side) {}
    ~Square() override { commit('~'); }
    uint64_t area() const override { return side * side; }

private:
    uint64_t side;
};

class Rectangle final : public Shape {
public:
    Rectangle(uint64_t width, uint64_t height) : width(width), height(height) {}
    ~Rectangle() override { commit('~'); }
    uint64_t area() const override { return width * height; }

private:
    uint64_t width, height;
};

Shape *make(uint8_t kind)
{
    if (kind % 2 == 0) {
        return new Square(kind);
    }
    return new Rectangle(kind, 3);
}

void once()
{
    static Traced traced('c');
    commit('.');
}

} // namespace

int main()
{
    const uint8_t *input;
    size_t size;
    read_input(&input, &size);

    Shape **shapes = new Shape *[size];
    for (size_t i = 0; i < size; i++) {
        shapes[i] = make(input[i]);
    }
    uint64_t total = 0;
    for (size_t i = 0; i < size; i++) {
        total += shapes[i]->area();
        delete shapes[i];
    }
    delete[] shapes;

    once();
    once();
    write_output(reinterpret_cast<const uint8_t *>(&total), sizeof total);
    return 0;
}
