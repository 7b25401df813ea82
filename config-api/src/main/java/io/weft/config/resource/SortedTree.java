package io.weft.config.resource;

import java.util.function.BiConsumer;
import java.util.function.BiPredicate;

/**
 * An immutable map sorted by its text keys. A change makes a new tree that shares all but O(log n) nodes with the old one, so a reader
 * keeps a consistent picture without locks. A weight-balanced tree (Adams; delta 3, ratio 2); it knows the rank of a key, which is how
 * free numbers and addresses are found without walking the used ones.
 *
 * @param <V> values, not null
 */
public final class SortedTree<V> {
    private static final int DELTA = 3;
    private static final int RATIO = 2;

    private record Node<V>(String key, V value, Node<V> left, Node<V> right, int size) {}

    private static final SortedTree<?> EMPTY = new SortedTree<>(null);
    private final Node<V> root;

    private SortedTree(Node<V> root) {
        this.root = root;
    }

    @SuppressWarnings("unchecked")
    public static <V> SortedTree<V> empty() {
        return (SortedTree<V>) EMPTY;
    }

    public int size() {
        return size(root);
    }

    /** The value of the key, or null. */
    public V get(String key) {
        Node<V> node = root;
        while (node != null) {
            int order = key.compareTo(node.key);
            if (order == 0) {
                return node.value;
            }
            node = order < 0 ? node.left : node.right;
        }
        return null;
    }

    public boolean has(String key) {
        return get(key) != null;
    }

    /** How many keys are smaller than this one. */
    public int rank(String key) {
        int smaller = 0;
        Node<V> node = root;
        while (node != null) {
            if (key.compareTo(node.key) <= 0) {
                node = node.left;
            } else {
                smaller += size(node.left) + 1;
                node = node.right;
            }
        }
        return smaller;
    }

    /** How many keys are in {@code from..to}, both ends counted. */
    public int count(String from, String to) {
        return Math.max(0, rank(to) + (has(to) ? 1 : 0) - rank(from));
    }

    public SortedTree<V> with(String key, V value) {
        return new SortedTree<>(insert(root, key, value));
    }

    /** The tree without that key; this one when the key is not there. */
    public SortedTree<V> without(String key) {
        return has(key) ? new SortedTree<>(delete(root, key)) : this;
    }

    /** Calls the visitor for every key that starts with the prefix, in order. */
    public void forEach(String prefix, BiConsumer<String, V> visitor) {
        walk(prefix, prefix, (key, value) -> {
            visitor.accept(key, value);
            return true;
        });
    }

    /** Visits the keys that start with the prefix and are not before {@code from}, in order, until the visitor returns false. */
    public void walk(String prefix, String from, BiPredicate<String, V> visitor) {
        walk(root, prefix, from.compareTo(prefix) < 0 ? prefix : from, visitor);
    }

    private static <V> boolean walk(Node<V> node, String prefix, String from, BiPredicate<String, V> visitor) {
        if (node == null) {
            return true;
        }
        int order = from.compareTo(node.key);
        if (order < 0 && !walk(node.left, prefix, from, visitor)) {
            return false;
        }
        if (order <= 0 && (!node.key.startsWith(prefix) || !visitor.test(node.key, node.value))) {
            return false;
        }
        return walk(node.right, prefix, from, visitor);
    }

    private static int size(Node<?> node) {
        return node == null ? 0 : node.size;
    }

    private static <V> Node<V> node(String key, V value, Node<V> left, Node<V> right) {
        return new Node<>(key, value, left, right, size(left) + size(right) + 1);
    }

    private static <V> Node<V> insert(Node<V> node, String key, V value) {
        if (node == null) {
            return node(key, value, null, null);
        }
        int order = key.compareTo(node.key);
        if (order == 0) {
            return node(node.key, value, node.left, node.right);
        }
        return order < 0
                ? balanced(node.key, node.value, insert(node.left, key, value), node.right)
                : balanced(node.key, node.value, node.left, insert(node.right, key, value));
    }

    private static <V> Node<V> delete(Node<V> node, String key) {
        int order = key.compareTo(node.key);
        if (order < 0) {
            return balanced(node.key, node.value, delete(node.left, key), node.right);
        }
        if (order > 0) {
            return balanced(node.key, node.value, node.left, delete(node.right, key));
        }
        if (node.left == null) {
            return node.right;
        }
        if (node.right == null) {
            return node.left;
        }
        Node<V> next = node.right;
        while (next.left != null) {
            next = next.left;
        }
        return balanced(next.key, next.value, node.left, delete(node.right, next.key));
    }

    private static <V> Node<V> balanced(String key, V value, Node<V> left, Node<V> right) {
        if (size(left) + size(right) <= 1) {
            return node(key, value, left, right);
        }
        if (size(right) > DELTA * size(left)) {
            if (size(right.left) < RATIO * size(right.right)) {
                return node(right.key, right.value, node(key, value, left, right.left), right.right);
            }
            Node<V> middle = right.left;
            return node(
                    middle.key,
                    middle.value,
                    node(key, value, left, middle.left),
                    node(right.key, right.value, middle.right, right.right));
        }
        if (size(left) > DELTA * size(right)) {
            if (size(left.right) < RATIO * size(left.left)) {
                return node(left.key, left.value, left.left, node(key, value, left.right, right));
            }
            Node<V> middle = left.right;
            return node(
                    middle.key,
                    middle.value,
                    node(left.key, left.value, left.left, middle.left),
                    node(key, value, middle.right, right));
        }
        return node(key, value, left, right);
    }
}
