package io.weft.config.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SortedTreeTest {
    @Test
    void doesWhatATreeMapDoesAndLeavesOldTreesAlone() {
        long seed = new Random().nextLong();
        System.out.println("SortedTreeTest seed " + seed);
        Random random = new Random(seed);
        SortedTree<Integer> tree = SortedTree.empty();
        TreeMap<String, Integer> twin = new TreeMap<>();
        List<SortedTree<Integer>> oldTrees = new ArrayList<>();
        List<TreeMap<String, Integer>> oldTwins = new ArrayList<>();
        for (int i = 0; i < 6000; i++) {
            String key = (random.nextBoolean() ? "a/" : "b/") + random.nextInt(i < 3000 ? 2000 : 100);
            if (random.nextInt(3) == 0) {
                tree = tree.without(key);
                twin.remove(key);
            } else {
                tree = tree.with(key, i);
                twin.put(key, i);
            }
            if (i % 500 == 0) {
                oldTrees.add(tree);
                oldTwins.add(new TreeMap<>(twin));
            }
            if (i % 50 == 0) {
                same(twin, tree, random);
            }
        }
        for (int i = 0; i < oldTrees.size(); i++) {
            same(oldTwins.get(i), oldTrees.get(i), random);
        }
    }

    private static void same(TreeMap<String, Integer> twin, SortedTree<Integer> tree, Random random) {
        assertEquals(twin.size(), tree.size());
        List<String> keys = new ArrayList<>();
        tree.forEach("", (key, value) -> {
            assertEquals(twin.get(key), value);
            keys.add(key);
        });
        assertEquals(new ArrayList<>(twin.keySet()), keys);
        String from = "a/" + random.nextInt(2000);
        String to = "b/" + random.nextInt(2000);
        assertEquals(twin.headMap(from).size(), tree.rank(from));
        assertEquals(twin.subMap(from, true, to, true).size(), tree.count(from, to));
        assertEquals(twin.get(from), tree.get(from));
        List<String> prefixed = new ArrayList<>();
        tree.forEach("b/", (key, value) -> prefixed.add(key));
        assertEquals(new ArrayList<>(twin.subMap("b/", "b0").keySet()), prefixed);
        List<String> walked = new ArrayList<>();
        tree.walk("a/", from, (key, value) -> {
            walked.add(key);
            return walked.size() < 3;
        });
        assertEquals(twin.subMap(from, "a0").keySet().stream().limit(3).toList(), walked);
    }

    @Test
    void staysShallowWhenKeysComeSorted() {
        SortedTree<Integer> tree = SortedTree.empty();
        for (int i = 0; i < 200_000; i++) {
            tree = tree.with(String.format(java.util.Locale.ROOT, "%08d", i), i);
        }
        assertEquals(123_456, tree.get("00123456"));
        assertEquals(123_456, tree.rank("00123456"));
        assertNull(tree.get("x"));
    }
}
