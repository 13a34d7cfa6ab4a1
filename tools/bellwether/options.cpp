#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

#include "command.hpp"

namespace bellwether::cli {

struct Options::Impl {
    CLI::App* app;
    std::function<Exit()> action;
};

void Options::text(const std::string& names, std::string& into, const std::string& help, bool required) {
    auto* option = impl_.app->add_option(names, into, help);
    if (required) option->required();
}
void Options::texts(const std::string& names, std::vector<std::string>& into, const std::string& help,
                    bool required) {
    auto* option = impl_.app->add_option(names, into, help);
    if (names.starts_with("-")) option->expected(1)->take_all();
    if (required) option->required();
}
void Options::integer(const std::string& names, std::int64_t& into, const std::string& help, std::int64_t low,
                      std::int64_t high) {
    impl_.app->add_option(names, into, help)->check(CLI::Range(low, high))->capture_default_str();
}
void Options::flag(const std::string& names, bool& into, const std::string& help) {
    impl_.app->add_flag(names, into, help);
}
void Options::word(const std::string& names, std::string& into, const std::string& help,
                   const std::vector<std::string>& allowed) {
    impl_.app->add_option(names, into, help)->check(CLI::IsMember(allowed))->capture_default_str();
}
void Options::examples(const std::string& lines) {
    impl_.app->footer("Examples:\n" + lines);
}
void Options::run(std::function<Exit()> action) {
    impl_.action = std::move(action);
}

namespace {

/// One parsed command line: the tree of commands, and the one that was named.
struct Tree {
    CLI::App root{
        "Bellwether watches tumour and immune markers during immunotherapy and raises alerts when they "
        "drift.\n"
        "Decision support for research: it proposes, people decide."};
    std::map<CLI::App*, std::unique_ptr<Options::Impl>> leaves;
    std::map<std::string, CLI::App*> nouns;
    bool version = false;
};

/// Commands whose words are on the line; only these can be run, and declaring the options of all takes longer
/// than many a command runs.
bool on_line(const Command& c, int argc, char** argv) {
    const auto there = [&](std::string_view word) {
        return word.empty() || std::find(argv + std::min(argc, 1), argv + argc, word) != argv + argc;
    };
    return there(c.noun) && there(c.verb);
}

void build(Tree& tree, const std::vector<Command>& commands, int argc, char** argv) {
    tree.root.name("bellwether");
    tree.root.add_flag("--version", tree.version, "print the version");
    tree.root.footer(
        "Each command has --help with examples. Exit codes: 0 ok, 1 failed, 2 usage, 3 bad input (good rows\n"
        "kept), 4 another run holds the store, 10 new alerts (scan --exit-code).");
    for (const auto& c : commands) {
        CLI::App* parent = &tree.root;
        std::string word = c.noun;
        if (*c.verb) {
            auto& noun = tree.nouns[c.noun];
            if (!noun) {
                noun = tree.root.add_subcommand(c.noun, std::string(c.noun) + " ...");
                noun->require_subcommand(1);
            }
            parent = noun;
            word = c.verb;
        }
        auto* leaf = parent->add_subcommand(word, c.summary);
        if (!on_line(c, argc, argv)) continue;
        auto impl = std::make_unique<Options::Impl>();
        impl->app = leaf;
        Options options(*impl);
        c.define(options);
        tree.leaves.emplace(leaf, std::move(impl));
    }
    for (auto& [noun, app] : tree.nouns) {
        std::string verbs;
        for (const auto* leaf : app->get_subcommands({}))
            verbs += (verbs.empty() ? "" : " | ") + leaf->get_name();
        app->description(verbs);
    }
}

/// Names that could have been meant where the parser met a word it does not know.
std::string near(const Tree& tree, int argc, char** argv) {
    const CLI::App* at = &tree.root;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        std::vector<std::string> words;
        if (word.starts_with("-")) {
            for (const auto* option : at->get_options())
                for (const auto& name : option->get_lnames())
                    words.push_back("--" + name);
            const std::string name = word.substr(0, word.find('='));
            if (std::find(words.begin(), words.end(), name) == words.end() && name != "--help") {
                const auto guess = nearest(name, words);
                if (!guess.empty()) return "did you mean '" + guess + "'?";
            }
            continue;
        }
        const auto subcommands = at->get_subcommands({});
        if (subcommands.empty()) continue;
        const CLI::App* next = nullptr;
        for (const auto* s : subcommands) {
            words.push_back(s->get_name());
            if (s->get_name() == word) next = s;
        }
        if (!next) return suggestion(word, words);
        at = next;
    }
    return {};
}

Exit run(const Tree& tree) {
    const CLI::App* at = &tree.root;
    while (!at->get_subcommands().empty())
        at = at->get_subcommands().front();
    const auto leaf = tree.leaves.find(const_cast<CLI::App*>(at));
    if (leaf == tree.leaves.end() || !leaf->second->action) {
        std::cerr << tree.root.help();
        return Exit::usage;
    }
    return leaf->second->action();
}

}  // namespace

int dispatch(const std::vector<Command>& commands, int argc, char** argv) {
    Tree tree;
    build(tree, commands, argc, argv);
    try {
        tree.root.parse(argc, argv);
        if (tree.version) {
            std::cout << "bellwether " BELLWETHER_VERSION "\n";
            return 0;
        }
        const Exit code = run(tree);
        std::cout.flush();
        if (!std::cout || std::fflush(stdout) != 0) {
            std::cerr << "bellwether: the output could not be written\n";
            return static_cast<int>(Exit::failed);
        }
        return static_cast<int>(code);
    } catch (const CLI::CallForHelp& e) {
        return tree.root.exit(e);
    } catch (const CLI::CallForAllHelp& e) {
        return tree.root.exit(e);
    } catch (const CLI::ParseError& e) {
        const auto hint = near(tree, argc, argv);
        std::cerr << "bellwether: " << e.what() << (hint.empty() ? "" : "; " + hint) << "\n";
        return static_cast<int>(Exit::usage);
    } catch (const UsageError& e) {
        std::cerr << "bellwether: " << e.what() << "\n";
        return static_cast<int>(Exit::usage);
    } catch (const Locked& e) {
        std::cerr << "bellwether: " << e.what() << "\n";
        return static_cast<int>(Exit::locked);
    } catch (const InputError& e) {
        for (const auto& d : e.findings().list)
            std::cerr << to_string(d) << "\n";
        return static_cast<int>(Exit::bad_input);
    } catch (const Error& e) {
        std::cerr << "bellwether: error " << e.what() << "\n";
        return static_cast<int>(Exit::failed);
    } catch (const std::exception& e) {
        std::cerr << "bellwether: internal error: " << e.what() << "\n";
        return static_cast<int>(Exit::failed);
    }
}

}  // namespace bellwether::cli
