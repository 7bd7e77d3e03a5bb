// Small behaviours; every page works without them.
(function () {
  "use strict";

  // Copy buttons: <button data-copy="#id">.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var source = document.querySelector(button.getAttribute("data-copy"));
    var text = source.value !== undefined ? source.value : source.textContent;
    var done = function () { button.textContent = button.getAttribute("data-done") || "已复制"; };
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(done);
      return;
    }
    var area = document.createElement("textarea"); // WeChat's web view on http
    area.value = text;
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    done();
  });

  // Refresh a part until it says it is done: <div data-poll="/url" data-every="1500">.
  function poll(part) {
    setTimeout(function () {
      fetch(part.getAttribute("data-poll"), { headers: { "HX-Request": "true" } })
        .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(); })
        .then(function (html) {
          var holder = document.createElement("div");
          holder.innerHTML = html;
          var fresh = holder.firstElementChild;
          part.replaceWith(fresh);
          if (fresh.hasAttribute("data-poll")) poll(fresh);
        })
        .catch(function () { poll(part); });
    }, Number(part.getAttribute("data-every")) || 1500);
  }
  document.querySelectorAll("[data-poll]").forEach(poll);

  // Drop files and whole folders onto .drop; they go into its file input, their paths beside it.
  document.querySelectorAll(".drop").forEach(function (zone) {
    var inputs = zone.querySelectorAll("input[type=file]");
    var paths = zone.querySelector("input[name=paths]");
    var list = zone.querySelector("[data-chosen]");
    var dropped = null;
    var show = function () {
      var names = [];
      inputs.forEach(function (input) {
        Array.prototype.forEach.call(input.files, function (file, at) {
          names.push((input === inputs[0] && dropped && dropped[at]) || file.webkitRelativePath || file.name);
        });
      });
      paths.value = JSON.stringify(names);
      list.textContent = names.length > 6
        ? names.slice(0, 6).join("、") + " 等 " + names.length + " 个文件"
        : names.join("、");
    };
    inputs.forEach(function (input) {
      input.addEventListener("change", function () { if (input === inputs[0]) dropped = null; show(); });
    });
    ["dragenter", "dragover"].forEach(function (name) {
      zone.addEventListener(name, function (event) { event.preventDefault(); zone.classList.add("over"); });
    });
    zone.addEventListener("dragleave", function () { zone.classList.remove("over"); });
    zone.addEventListener("drop", function (event) {
      event.preventDefault();
      zone.classList.remove("over");
      var held = new DataTransfer();
      var waiting = 0;
      dropped = [];
      var finish = function () { if (!waiting) { inputs[0].files = held.files; show(); } };
      var walk = function (entry) {
        waiting += 1;
        if (entry.isFile) {
          entry.file(function (file) {
            held.items.add(file);
            dropped.push(entry.fullPath.replace(/^\//, ""));
            waiting -= 1;
            finish();
          });
          return;
        }
        var reader = entry.createReader();
        var more = function () {
          reader.readEntries(function (entries) {
            if (!entries.length) { waiting -= 1; finish(); return; }
            entries.forEach(walk);
            more();
          });
        };
        more();
      };
      Array.prototype.forEach.call(event.dataTransfer.items, function (item) {
        var entry = item.webkitGetAsEntry && item.webkitGetAsEntry();
        if (entry) walk(entry);
      });
    });
  });
})();
