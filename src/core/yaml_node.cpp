#include "yaml_document.hpp"

namespace bellwether::yaml {

Node::Node() : data_(nullptr) {
    static const auto nothing = std::make_shared<const Data>();
    data_ = nothing;
}

Node::Kind Node::kind() const {
    return data_->kind;
}
const std::string& Node::scalar() const {
    return data_->scalar;
}
bool Node::quoted() const {
    return data_->style != Style::plain;
}
const Location& Node::at() const {
    return data_->at;
}

Location Node::place(std::size_t offset) const {
    if (data_->kind != Kind::scalar) return data_->at;
    return data_->source->at(offset_of(*data_, offset));
}

std::size_t Node::size() const {
    return data_->children.size();
}
const Node& Node::operator[](std::size_t i) const {
    return data_->children.at(i);
}
const std::string& Node::key(std::size_t i) const {
    return data_->keys.at(i);
}
const Location& Node::key_at(std::size_t i) const {
    return data_->key_places.at(i);
}

}  // namespace bellwether::yaml
